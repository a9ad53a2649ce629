/** Two runs side by side: what is different, and no more than is looked at is read. */
import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAskedAndRefused } from "../harness/browser/asked.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture } from "../harness/browser/pictures.ts";
import { expectReply } from "../harness/http/expect.ts";

const ui = pageUnderTest();
/** Of version 1, which succeeded; of version 2, one that failed and one that succeeded. */
const runs = { old: "", failed: "", young: "" };

const set = (name: string, value: unknown) => ({ name, type: "transform", config: { value } });
const stops = {
  name: "check",
  type: "switch",
  config: {
    cases: [{ if: "payload.n > 9", steps: [{ name: "stop", type: "fail", config: { message: "Too large" } }] }],
  },
};

beforeAll(async () => {
  const definition = (more: object[]) => ({
    ...{ id: "orders", name: "Take orders" },
    steps: [set("greet", "Hello ${payload.name}"), ...more, stops, set("last", "${payload.n}")],
  });
  const put = async (more: object[]) =>
    expectReply(await ui.api.put("/api/v1/workflows/orders?create=true", definition(more)), 200);
  const run = async (payload: object) => {
    const id = await ui.api.trigger("orders", payload);
    await ui.api.untilEnded(id);
    return id;
  };
  await put([]);
  runs.old = await run({ n: 1, name: "Ada" });
  await put([set("extra", { added: true })]);
  runs.failed = await run({ n: 10, name: "Grace" });
  runs.young = await run({ n: 2, name: "Ada" });
});

const visit = (path: string, look: (page: Page) => Promise<void>, expected?: RegExp) =>
  ui.visit(`/ui/runs/${path}`, look, expected);
const row = (page: Page, name: string) =>
  page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });

test("without another run it is the last one of the workflow that succeeded", async () => {
  await visit(`${runs.failed}/compare`, async (page) => {
    await page.waitForURL(new RegExp(`/runs/${runs.failed}/compare/${runs.young}$`));
    // Back does not lead into what goes on by itself.
    await page.getByText("steps differ").waitFor();
  });
});

test("whose runs they are is said also where others have run since", async () => {
  await ui.visit("/ui/examples", async (page) => {
    const none = { items: [], next_cursor: null, prev_cursor: null, limit: 1, looked_to: null };
    await page.route(/\/api\/v1\/runs\?/, (route) => route.fulfill({ json: none }));
    await page.goto(`${ui.url}/ui/runs/${runs.failed}/compare/${runs.old}`);
    await page.getByRole("link", { name: "Take orders", exact: true }).nth(1).waitFor();
  });
});

test("steps are aligned, and told apart by status, output and presence", async () => {
  await visit(`${runs.failed}/compare/${runs.old}`, async (page) => {
    await page.getByText("5 of 5 steps differ.").waitFor();
    const texts = await page.getByRole("row").allInnerTexts();
    expect(texts.slice(1).map((text) => text.split(/\s/)[0])).toEqual([
      ...["Payload", "greet", "extra", "check", "check.stop", "last"],
    ]);
    expect(await row(page, "check").textContent()).toMatch(/failed[\s\S]*success[\s\S]*status/);
    expect(await row(page, "extra").textContent()).toContain("only in A");
    expect(await row(page, "greet").textContent()).toContain("output");
    await page.getByRole("link", { name: "what changed since v1" }).waitFor();
    await expectAccessible(page);
    await expectNarrow(page);
  });
});

test("an output is read when its row is opened, and the address says which", async () => {
  await visit(`${runs.failed}/compare/${runs.old}`, async (page) => {
    await page.getByText("steps differ").waitFor();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    await row(page, "greet").getByRole("link").click();
    await page.getByText("Hello Grace").first().waitFor();
    await page.getByText("Hello Ada").first().waitFor();
    const read = asked.filter((path) => path.includes("/api/v1/runs"));
    expect(read.toSorted()).toEqual(
      [runs.failed, runs.old].map((run) => `/api/v1/runs/${run}/steps/greet/output`).toSorted(),
    );
    await expectAccessible(page);
    await expectNarrow(page);
    await page.reload();
    await page.getByText("Hello Grace").first().waitFor();
    await page.goBack();
    await page.getByText("Hello Grace").first().waitFor({ state: "hidden" });
    await row(page, "Payload").getByRole("link").click();
    await page.getByText("Grace").first().waitFor();
  });
});

test("on a phone, what an opened step shows stands between its row and the next", async () => {
  await visit(`${runs.young}/compare/${runs.old}?step=$payload`, async (page) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.locator(".compare-opened .text-diff").waitFor();
    const edges = await page.evaluate(`(() => {
      const opened = document.querySelector(".compare-opened");
      const diff = opened.querySelector(".text-diff").getBoundingClientRect();
      return [diff.bottom <= opened.nextElementSibling.getBoundingClientRect().top, diff.right <= innerWidth];
    })()`);
    expect(edges).toEqual([true, true]);
    await narrowPicture(page, "compare-opened-narrow");
  });
});

test("only what differs can be shown, and both can be turned round", async () => {
  await visit(`${runs.young}/compare/${runs.old}`, async (page) => {
    // How many differ in time is not for a test to say: those that are marked are those that stay.
    await page.getByText(/of 4 steps differ\./).waitFor();
    const rows = page.getByRole("row");
    const marked = await rows.filter({ has: page.locator(".compare-difference") }).count();
    expect(await row(page, "extra").locator(".compare-difference").count()).toBe(1);
    await page.getByRole("switch", { name: "Only what differs" }).click();
    await page.getByRole("switch", { name: "✓ Only what differs" }).waitFor();
    // Beside the line of titles, and the payloads, which are there always and as long.
    expect(await rows.count()).toBe(marked + 2);
    await row(page, "extra").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("s");
    await page.waitForURL(new RegExp(`/runs/${runs.old}/compare/${runs.young}$`));
    await row(page, "extra").getByText("only in B").waitFor();
  });
});

test("another run is chosen by its id, however it was copied; what is none is said to be none", async () => {
  await visit(`${runs.young}/compare/${runs.old}`, async (page) => {
    const field = page.getByRole("searchbox", { name: /Compare with/ });
    await field.fill("the last one");
    await field.press("Enter");
    await field.and(page.locator("[aria-invalid=true]")).waitFor();
    await field.fill(`GET /api/v1/runs/${runs.failed}`);
    await field.press("Enter");
    await page.waitForURL(new RegExp(`/compare/${runs.failed}$`));
  });
});

test("a run that is not there, and one that has no other to compare with, look different", async () => {
  await visit(
    `${runs.young}/compare/01a2283a-e177-7000-8f72-3914e640ff29`,
    async (page) => {
      await page.getByRole("heading", { name: "Run not found" }).waitFor();
      await expectAccessible(page);
      await expectNarrow(page);
    },
    /404/,
  );
  const alone = await ui.api.trigger(await ui.api.create([set("a", 1)]));
  await ui.api.untilEnded(alone);
  await visit(`${alone}/compare`, async (page) => {
    await page.getByRole("heading", { name: "No other run to compare with" }).waitFor();
    await expectAccessible(page);
  });
});

test("while it is read, and where it can't be, other pictures stand there than for none", async () => {
  const address = `${ui.url}/ui/runs/${runs.failed}/compare`;
  const looking = { address, reads: "**/api/v1/runs?**", loading: "Looking for a run to compare with" };
  await expectAskedAndRefused(ui.browser, looking);
  const both = { address: `${address}/${runs.old}`, reads: /view=outline/, loading: "Loading both runs" };
  await expectAskedAndRefused(ui.browser, both);
});
