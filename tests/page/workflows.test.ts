/** The list of workflows, one of them, its versions, and the run that somebody starts. */
import { describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAskedAndRefused } from "../harness/browser/asked.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { until } from "../harness/browser/until.ts";
import { at, listAt, objectAt, textAt } from "../harness/http/json.ts";

const ui = pageUnderTest();

const leaf = (name: string, value: unknown = 1) => ({ name, type: "transform", config: { value } });
const block = (...steps: object[]) => ({ name: "pay", type: "block", config: { steps } });
const INPUT = {
  ...{ type: "object", required: ["order", "to"] },
  properties: {
    order: { type: "string", description: "As the shop has it" },
    count: { type: "integer", default: 1 },
    gift: { type: "boolean" },
    currency: { enum: ["EUR", "USD"], default: "EUR" },
    tags: { type: "array", items: { type: "string" } },
    to: { type: "object", required: ["street"], properties: { street: { type: "string" } } },
  },
};
const VERSIONS = [
  { steps: [leaf("first"), block(leaf("charge")), leaf("gone")] },
  { steps: [leaf("first", 2), block(leaf("charge"), leaf("receipt"))], timeout: 60 },
].map((one) => ({ ...one, name: "Ship an order", tags: ["eu"], description: "Ships it", input: INPUT }));
const LONG = "A name that goes on and on as those of some people do ".repeat(4).trim();

test("before there are any, the list says how to begin", async () => {
  await ui.visit("/ui/workflows", async (page) => {
    await page.getByRole("heading", { name: "No workflows yet" }).waitFor();
    await expectAccessible(page);
    await page.getByRole("link", { name: "Write the first one" }).click();
    await page.waitForURL(/\/workflows\/new$/);
  });
  for (const version of VERSIONS) await ui.api.put("/api/v1/workflows/ship?create=true", version);
  await ui.api.put("/api/v1/workflows/long?create=true", { name: LONG, steps: [leaf("a")] });
  const bad = { name: "no", type: "fail", config: { code: "broken", message: "It is broken" } };
  await ui.api.put("/api/v1/workflows/bad?create=true", { name: "Bad", managed_by: "shop/flows 1f3c2a", steps: [bad] });
  for (let runs = 0; runs < 3; runs++) await ui.api.untilEnded(await ui.api.trigger("bad"));
  // What ended is counted some seconds later.
  const counted = async () => listAt((await ui.api.get("/api/v1/stats?window=24h")).body, "workflows");
  while (!(await counted()).some((one) => at(one, "failed") === 3)) await Bun.sleep(100);
});

test("the list says how each is, and what is found in it", async () => {
  await ui.visit("/ui/workflows", async (page) => {
    const row = page.getByRole("row", { name: /^Bad/ });
    await row.getByRole("link", { name: "The last 3 runs: 3 failed" }).waitFor();
    await row.getByText("shop/flows 1f3c2a").waitFor();
    await page
      .getByRole("row", { name: /^Ship an order.*v2/ })
      .getByText("none yet")
      .waitFor();
    await expectAccessible(page);
    const failed = await row.getByRole("link", { name: "3 failed", exact: true }).getAttribute("href");
    expect(failed).toEndWith("&status=failed&from=-24h");
    for (const [key, name] of [...[["j", "Bad"] as const, ["ArrowDown", LONG] as const, ["k", "Bad"] as const]]) {
      await page.keyboard.press(key);
      await until(page, `document.activeElement.textContent === ${JSON.stringify(name)}`);
    }
    await page.keyboard.press("/");
    await page.keyboard.type("EU");
    await page.waitForURL(/q=EU$/);
    await expectRows(page, 1);
    await page.getByRole("searchbox", { name: "Find workflows" }).fill("nobody");
    await page.getByText("None of 3 workflows has “nobody”").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Show all" }).click();
    await expectRows(page, 3);
    // One choice at a time is undone.
    await page.goBack();
    await page.getByRole("heading", { name: "None match" }).waitFor();
  });
});

test("while somebody looks, the list counts what ends", async () => {
  await ui.visit("/ui/workflows", async (page) => {
    const row = page.getByRole("row", { name: /^Bad/ });
    await row.getByRole("link", { name: "3 failed", exact: true }).waitFor();
    await ui.api.untilEnded(await ui.api.trigger("bad"));
    await row.getByRole("link", { name: "4 failed", exact: true }).waitFor();
  });
});

describe("a link shows the same to somebody else", () => {
  const places: [path: string, heading: RegExp, more: string][] = [
    ["/workflows?q=ship", /^Workflows/, "Ship an order"],
    ["/workflows/ship", /^Ship an order v2/, "Ships it"],
    ["/workflows/ship?version=1", /^Ship an order v1/, "This is version 1"],
    ["/workflows/ship?step=1%2F0%2F1", /^Ship an order v2/, "pay.receipt"],
    ["/workflows/ship?tab=definition", /^Ship an order v2/, '"description"'],
    ["/workflows/ship?tab=versions", /^Ship an order v2/, "What it changed"],
    ["/workflows/bad?tab=runs", /^Bad/, "It is broken"],
    ["/workflows/ship?tab=triggers", /^Ship an order/, "wf run ship"],
    ["/workflows/ship?run=1", /^Run Ship an order/, "As the shop has it"],
    ["/workflows/ship?delete=1", /^Delete “Ship an order”/, "Its id, to be sure"],
    ["/workflows/ship/edit", /^Ship an order v2 → v3/, '"description"'],
    ["/workflows/ship/diff?from=1&to=2", /^Ship an order v1 → v2/, "Added 1"],
    ["/workflows/ship/diff?from=1&to=2&as=drawn", /^Ship an order v1 → v2/, "Removed 1"],
    [`/workflows/long`, new RegExp(`^${LONG.slice(0, 40)}`), "transform"],
    ["/workflows/nobody", /^No workflow has the id “nobody”/, "may have been deleted"],
    ["/workflows/nobody/diff", /^No workflow has the id “nobody”/, "may have been deleted"],
    ["/workflows/nobody/edit", /^No workflow has the id “nobody”/, "may have been deleted"],
  ];
  for (const [path, heading, more] of places) {
    test(path, async () => {
      const look = async (page: Page) => {
        await page.getByRole("heading", { name: heading }).first().waitFor();
        await page.getByText(more).first().waitFor({ state: "attached" });
      };
      const expected = path.includes("nobody") ? /404/ : undefined;
      const shown = async (page: Page) => {
        await look(page);
        await expectAccessible(page);
        await page.setViewportSize({ width: 320, height: 640 });
        await look(page);
        await expectNarrow(page);
      };
      await ui.visit(`/ui${path}`, shown, expected);
    });
  }
});

test("a run is started with a form, and what is refused stands at its field", async () => {
  await ui.visit(
    "/ui/workflows/ship",
    async (page) => {
      await page.getByRole("heading", { name: "Ship an order" }).waitFor();
      await page.keyboard.press("r");
      const drawer = page.getByRole("dialog", { name: "Run Ship an order" });
      await drawer.getByRole("textbox", { name: "street" }).fill("Main");
      await drawer.getByRole("button", { name: "Run", exact: true }).click();
      const order = drawer.getByRole("textbox", { name: "order" });
      await drawer.getByText("Not started: a field is wrong").waitFor();
      await order.and(page.locator("[aria-invalid=true]")).waitFor();
      await expectAccessible(page);
      await order.fill("A-7");
      await drawer.getByRole("textbox", { name: "count" }).fill("3");
      await drawer.getByRole("checkbox", { name: "gift" }).check();
      await drawer.getByRole("combobox", { name: "currency" }).selectOption("USD");
      await drawer.getByRole("button", { name: "+ Add" }).click();
      await drawer.locator(".form-item input").fill("fast");
      await drawer.getByRole("button", { name: "Run", exact: true }).click();
      await page.waitForURL(/\/ui\/runs\/[\da-f-]{36}$/);
      const run = (await ui.api.get(`/api/v1/runs/${page.url().slice(-36)}`)).body;
      const filled = { order: "A-7", count: 3, gift: true, currency: "USD", tags: ["fast"], to: { street: "Main" } };
      expect(objectAt(run, "payload")).toEqual(filled);
      await page.goto(`${ui.url}/ui/workflows/ship?run=1`);
      await drawer.getByRole("combobox", { name: "Begin with the payload of" }).selectOption({ index: 1 });
      await until(page, `document.querySelector(".form-item input")?.value === "fast"`);
      await drawer.getByRole("checkbox", { name: "As JSON" }).check();
      expect(JSON.parse(await drawer.getByRole("textbox", { name: "Payload" }).inputValue())).toEqual(filled);
    },
    /422/,
  );
});

test("a difference is said in words, in the text and drawn; the older version becomes the newest", async () => {
  await ui.visit("/ui/workflows/ship/diff", async (page) => {
    await page.getByRole("heading", { name: "Ship an order v1 → v2" }).waitFor();
    await page.locator(".diff-summary").waitFor();
    const summary = await page.evaluate(`document.querySelector(".diff-summary").innerText`);
    expect(String(summary).split(/\s*\n\s*/)).toEqual([
      ...["Added 1", "pay.receipt", "Removed 1", "gone"],
      ...["Changed 1", "first config.value", "Definition", "timeout"],
    ]);
    await page.getByLabel("Version 2").getByText('"receipt"').waitFor();
    await page.getByRole("link", { name: "Drawn" }).click();
    const before = page.getByRole("region", { name: "Version 1" });
    await before.getByRole("treeitem", { name: /^gone, transform, removed/ }).waitFor();
    await page
      .getByRole("region", { name: "Version 2" })
      .getByRole("treeitem", { name: /^receipt, transform, added/ })
      .waitFor();
    await page.getByRole("button", { name: "Make v1 the newest…" }).click();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Save as v3" }).click();
    await page.getByRole("heading", { name: "Ship an order v3" }).waitFor();
  });
  const [newest, first] = await Promise.all(
    ["", "?version=1"].map((which) => ui.api.get(`/api/v1/workflows/ship${which}`)),
  );
  expect(objectAt(newest?.body).steps).toEqual(objectAt(first?.body).steps);
});

test("while it is asked, and where it can't be, other pictures stand there than for none", async () => {
  const [link, loading] = ["Workflows", "Loading workflows"];
  await expectAskedAndRefused(ui.browser, {
    ...{ address: `${ui.url}/ui/examples`, link, reads: "**/api/v1/workflows?**", loading },
  });
});

for (const [path, loading] of [
  ["ship", "Loading the workflow"],
  ["ship/edit", "Loading the definition"],
  ["ship/diff", "Loading both versions"],
] as const) {
  test(`so it is of one of them: ${path}`, async () => {
    const address = `${ui.url}/ui/workflows/${path}`;
    await expectAskedAndRefused(ui.browser, { address, reads: "**/api/v1/workflows/ship*", loading });
  });
}

test("on a phone, why its runs failed is within the screen", async () => {
  await ui.visit("/ui/workflows/bad?tab=runs", async (page) => {
    await page.locator(".last-runs a").first().waitFor();
    await page.keyboard.press("j");
    await until(page, "document.activeElement.closest('.last-runs') !== null");
    await page.setViewportSize({ width: 360, height: 740 });
    const said = page.getByRole("cell", { name: /It is broken/ }).first();
    await said.waitFor();
    const { x, width } = (await said.boundingBox()) ?? { x: 0, width: Number.NaN };
    expect(x + width).toBeLessThanOrEqual(360);
    await expectAccessible(page);
    await expectNarrow(page);
  });
});

test("what could not be read of the workflows is said, and tried again", async () => {
  await ui.visit(
    "/ui/examples",
    async (page) => {
      const refused = { status: 500, json: { detail: "It broke", code: "internal" } };
      const parts = ["**/api/v1/runs?**", "**/api/v1/stats?**", "**/api/v1/schedules?**"];
      for (const part of parts) await page.route(part, (asked) => asked.fulfill(refused));
      await page.getByRole("link", { name: "Workflows", exact: true }).click();
      await page.getByRole("button", { name: "not read, try again" }).first().waitFor();
      await page.getByText("What ended in 24 hours could not be read: It broke").waitFor();
      await page.getByText("When schedules are next could not be read: It broke").waitFor();
      await expectAccessible(page);
      for (const part of parts) await page.unroute(part);
      const ship = page.getByRole("row").filter({ hasText: "Ship an order" });
      await ship.getByRole("button", { name: "not read, try again" }).click();
      await ship.locator(".recent-runs").waitFor();
      for (const what of ["What ended in 24 hours", "When schedules are next"])
        await page.getByRole("alert").filter({ hasText: what }).getByRole("button").click();
      await page.getByRole("alert").first().waitFor({ state: "hidden" });
    },
    /500/,
  );
});

test("last runs are looked for a few times, and what was not looked at is said", async () => {
  await ui.visit("/ui/system", async (page) => {
    let asked = 0;
    await page.route(/\/api\/v1\/runs\?/, async (route) => {
      asked++;
      const looked = { next_cursor: "on", prev_cursor: null, limit: 20, looked_to: "2026-11-29T10:00:00.000Z" };
      await route.fulfill({ json: { items: [], ...looked } });
    });
    await page.getByRole("link", { name: "Workflows", exact: true }).click();
    await expectRows(page, 3);
    await page.getByText("none since").nth(2).waitFor();
    expect(asked).toBe(3 * 5);
    // Nor is a workflow said to have no runs.
    await page.getByRole("link", { name: "Bad", exact: true }).click();
    await page.getByRole("navigation", { name: "Of this workflow" }).getByRole("link", { name: "Runs" }).click();
    await page.getByRole("heading", { name: "No runs lately" }).waitFor();
    expect(asked).toBe(4 * 5);
  });
});

test("a workflow is deleted once its id is typed", async () => {
  await ui.visit("/ui/workflows/long?delete=1", async (page) => {
    const dialog = page.getByRole("dialog");
    const button = dialog.getByRole("button", { name: "Delete" });
    await dialog.getByRole("textbox").fill("A name");
    expect(await button.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill(LONG);
    expect(await button.isDisabled()).toBe(true);
    await dialog.getByRole("button", { name: "Copy the id" }).waitFor();
    await dialog.getByRole("textbox").fill("long");
    await button.click();
    await page.waitForURL(/\/ui\/workflows$/);
    await expectRows(page, 2);
  });
  expect(textAt((await ui.api.get("/api/v1/workflows/long")).body, "code")).toBe("workflow_not_found");
});

async function expectRows(page: Page, count: number): Promise<void> {
  await until(page, `document.querySelectorAll("tbody tr").length === ${count}`);
}
