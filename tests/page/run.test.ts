/** One run on the page: what failed and why, by keys alone, by links, and with what can be done. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { expectAskedAndRefused } from "../harness/browser/asked.ts";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { seed } from "../harness/browser/seed.ts";
import { until } from "../harness/browser/until.ts";
import { expectReply } from "../harness/http/expect.ts";
import { until as untilSo } from "../harness/stack.fixture.ts";

const ui = pageUnderTest({ browser: { permissions: ["clipboard-read", "clipboard-write"] } });
let shop: Bun.Server<undefined>;
let runs: Record<string, string>;

beforeAll(async () => {
  shop = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.json({ code: "card_declined" }, { status: 402 }),
  });
  runs = await seed(ui.api, `http://127.0.0.1:${shop.port}`);
});
afterAll(async () => {
  await shop?.stop(true);
});

const charging = () => ({
  type: "webhook",
  config: { method: "POST", url: `http://127.0.0.1:${shop.port}`, body: {} },
});
const focused = (page: Page) => page.evaluate("document.activeElement.textContent.trim()");

/** Presses Tab until something with this text has the focus, which can be seen at every stop. */
async function tabTo(page: Page, text: string): Promise<void> {
  for (let stops = 0; stops < 60; stops++) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(`(() => {
      const element = document.activeElement;
      const { outlineStyle, boxShadow } = getComputedStyle(element);
      return element === document.body || outlineStyle !== "none" || boxShadow !== "none" || element.role === "separator";
    })()`);
    expect(seen).toBe(true);
    if ((await focused(page)) === text) return;
  }
  throw new Error(`Tab never came to "${text}"`);
}

test("who reads by ear is told the same: the roles, names and states of all that a run shows", async () => {
  const stranger = await ui.browser.stranger({ timezoneId: "UTC" });
  await stranger.visit(`${ui.url}/ui/runs/${runs.failed}?step=charge&tab=error`, async (page) => {
    await page.getByRole("complementary", { name: "Step charge" }).getByText("status 402").first().waitFor();
    await page.getByRole("button", { name: "live", exact: true }).waitFor();
    const told = (await page.locator("body").ariaSnapshot())
      .replaceAll(/\b[\da-f]{8}-[\da-f]{4}\b(-[\da-f-]{22})?/g, "ID")
      .replaceAll(/\d\d:\d\d:\d\d(\.\d+)? UTC/g, "TIME")
      .replaceAll(/\d+(\.\d+)? (ms|s)\b/g, "LENGTH")
      .replaceAll(/127\.0\.0\.1:\d+/g, "HOST")
      .replace(/"Waiting , \d+"/, '"Waiting"');
    expect(`${told}\n`).toBe(await Bun.file(join(import.meta.dir, "run.tree.txt")).text());
  });
});

describe("the views of a run", () => {
  for (const view of ["timeline", "graph", "table", "events"]) {
    test(`${view}: anybody can use it, with a step open`, async () => {
      await ui.visit(`/ui/runs/${runs.failed}?view=${view}&step=charge&tab=error`, async (page) => {
        await page.getByRole("complementary", { name: "Step charge" }).getByText("status 402").first().waitFor();
        await expectAccessible(page);
      });
    });
  }

  for (const state of ["success", "waiting", "asleep", "paused", "cancelled"]) {
    test(`one that is ${state}`, async () => {
      await ui.visit(`/ui/runs/${runs[state]}`, async (page) => {
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.locator(".timeline-row").first().waitFor();
        await expectAccessible(page);
      });
    });
  }

  test("a run that is not there says so", async () => {
    const nobody = "01a2283a-e177-7000-8f72-3914e640ff29";
    const look = async (page: Page) => {
      await page.getByText("Run not found").waitFor();
      await page.getByText("are kept for ever").waitFor();
      const asked = "performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)";
      const reads = (await page.evaluate<string[]>(asked)).filter((path) => path.startsWith("/api/v1/system"));
      expect(reads).toEqual(["/api/v1/system/limits"]);
    };
    await ui.visit(`/ui/runs/${nobody}`, look, /404/);
  });
});

test("by keys alone: find the run that failed, open its step, copy the output, retry from it, and reach the new run", async () => {
  await ui.visit("/ui/runs?status=failed", async (page) => {
    await page.getByRole("link", { name: /Sync orders/ }).waitFor();
    await page.keyboard.press("j");
    await until(page, "document.activeElement.closest('[data-run]') !== null");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${ui.url}/ui/runs/${runs.failed}`);
    await page.getByRole("link", { name: "Open the step" }).waitFor();
    await tabTo(page, "Open the step");
    await page.keyboard.press("Enter");
    await page.waitForURL(/step=charge&tab=error/);
    await page.getByRole("complementary", { name: "Step charge" }).waitFor();
    await tabTo(page, "Output");
    await page.keyboard.press("Enter");
    await page.getByRole("tree", { name: /output of charge/ }).waitFor();
    await tabTo(page, "copy");
    await page.keyboard.press("Enter");
    await page.getByText("✓ copied").waitFor();
    expect(JSON.parse(String(await page.evaluate("navigator.clipboard.readText()")))).toMatchObject({
      status_code: 402,
    });
    await page.keyboard.press("t");
    const dialog = page.getByRole("dialog", { name: "Retry this run" });
    await dialog.waitFor();
    await expectAccessible(page);
    // The focus goes back to where it was.
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await until(page, "/^(✓ copied|copy)$/.test(document.activeElement.textContent.trim())");
    await page.keyboard.press("t");
    await dialog.waitFor();
    // From the step that is open.
    expect(await dialog.getByRole("combobox", { name: "From" }).inputValue()).toBe("charge");
    await tabTo(page, "Retry");
    await page.keyboard.press("Enter");
    await page.waitForURL((url) => !url.pathname.endsWith(String(runs.failed)));
    await page.getByRole("link", { name: "tries this run again" }).waitFor();
  });
});

test("a retry says what it would do under the version that is chosen, and takes another payload", async () => {
  const steps = (charge: { type: string; config: object }) => [
    { name: "charge", ...charge },
    { name: "z", type: "transform", config: { value: "${payload.n}" } },
  ];
  const id = await ui.api.create(steps(charging()));
  const run = await ui.api.trigger(id, { n: 1 });
  await ui.api.untilEnded(run);
  const mended = { type: "transform", config: { value: 1 } };
  expectReply(await ui.api.put(`/api/v1/workflows/${id}`, { name: "Mended", steps: steps(mended) }), 200);
  await ui.visit(`/ui/runs/${run}?view=graph`, async (page) => {
    // What was not reached is no place to begin, and is not said to be pending anywhere.
    await page.getByRole("treeitem", { name: /^z, transform, not reached/ }).waitFor();
    await page.getByRole("button", { name: "Retry…" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("Runs: charge, z").waitFor();
    await dialog.getByText("Acts on the world again: charge").waitFor();
    expect(await dialog.getByRole("option").allInnerTexts()).toEqual([
      "the first step that did not succeed",
      "charge (failed)",
    ]);
    await dialog.getByRole("radio", { name: "the newest version" }).check();
    await dialog.getByText("Acts on the world again").waitFor({ state: "hidden" });
    await dialog.getByText("Runs: charge, z").waitFor();
    await dialog.getByRole("checkbox", { name: "With another payload" }).check();
    await dialog.getByRole("textbox", { name: "Payload" }).fill('{"n": 2}');
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Retry", exact: true }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(run));
    await page.getByRole("button", { name: "Retry…" }).and(page.locator('[aria-disabled="false"]')).click();
    await dialog.getByRole("option", { name: "the beginning: all of it again" }).waitFor({ state: "attached" });
    const again = await ui.api.untilEnded(
      page
        .url()
        .split(/[/?]/)
        .find((part) => /^[\da-f-]{36}$/.test(part)) ?? "",
    );
    expect(again.output("z")).toEqual({ type: "transform", value: 2 });
  });
});

test("a run is done again with the form of its workflow, which begins with its payload", async () => {
  const input = { type: "object", properties: { n: { type: "integer" } } };
  const id = await ui.api.create([{ name: "z", type: "transform", config: { value: "${payload.n}" } }], { input });
  const run = await ui.api.trigger(id, { n: 1 });
  await ui.api.untilEnded(run);
  await ui.visit(`/ui/runs/${run}`, async (page) => {
    await page.getByRole("button", { name: "Run again…" }).click();
    const drawer = page.getByRole("dialog");
    const field = drawer.getByRole("textbox", { name: "n", exact: true });
    await field.waitFor();
    expect(await field.inputValue()).toBe("1");
    await field.fill("2");
    await drawer.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(run));
    const again = await ui.api.untilEnded(page.url().slice(-36));
    expect(again.output("z")).toEqual({ type: "transform", value: 2 });
  });
});

test("what waits for a signal is told where, and goes on with it", async () => {
  await ui.visit(`/ui/runs/${runs.waiting}`, async (page) => {
    await page.getByText("waits for signal").waitFor();
    await page.getByRole("button", { name: "Send signal…" }).first().click();
    const dialog = page.getByRole("dialog", { name: "Send a signal to approval" });
    await dialog.getByRole("button", { name: "Approve" }).waitFor();
    await dialog.getByText("Send another signal").click();
    await dialog.getByRole("textbox", { name: "Name" }).waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Approve" }).click();
    await page.getByText("success", { exact: true }).first().waitFor();
    // Who reads by ear is told.
    await page.getByRole("status").getByText("Run success").waitFor();
  });
});

test("while live is paused nothing counts on", async () => {
  await ui.visit(`/ui/runs/${runs.asleep}`, async (page) => {
    await page.clock.install();
    await page.reload();
    const took = page.locator(".run-facts .number").last();
    await took.waitFor();
    await page.keyboard.press("l");
    await page.getByRole("button", { name: "paused" }).waitFor();
    const before = await took.textContent();
    await page.clock.runFor(5000);
    expect(await took.textContent()).toBe(before);
    await page.keyboard.press("l");
    await page.clock.runFor(5000);
    expect(await took.textContent()).not.toBe(before);
  });
});

test("a run is paused, goes on and is cancelled, and what can't be done says why", async () => {
  await ui.visit(`/ui/runs/${runs.asleep}`, async (page) => {
    await page.getByRole("button", { name: "Retry…" }).and(page.locator("[title*='under way']")).waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("It stands still until it is resumed").waitFor();
    await page.getByRole("button", { name: "Resume" }).click();
    await page.getByText("It stands still").waitFor({ state: "hidden" });
    await page.keyboard.press("c");
    await page.getByLabel("Reason, for those who read the run").fill("not needed <b>any</b> more");
    await page.getByRole("button", { name: "Cancel the run" }).click();
    await page.getByText("Reason: not needed <b>any</b> more").waitFor();
    await page.getByRole("button", { name: "Cancel…" }).and(page.locator("[title^='It ended at']")).waitFor();
    await expectAccessible(page);
  });
});

describe("a link shows the same to somebody else, and Back undoes one choice at a time", () => {
  /** With what is there once all of it is read. */
  const states: [query: string, last: string][] = [
    ["?view=table&sort=took&step=charge&tab=attempts&attempt=1", "li.is-selected [role=treeitem]"],
    ["?view=events&kind=step&failed=1", ".event-step-failed"],
    ["?view=graph&step=charge", ".panel-facts"],
    ["?open=items&step=items[1].price&tab=output", ".panel [role=treeitem]"],
  ];
  for (const [query, last] of states) {
    test(`in another browser: ${query}`, async () => {
      const path = `/ui/runs/${runs.failed}${query}`;
      const textOf = (page: Page) => page.locator("main").textContent();
      await ui.visit(path, async (page) => {
        await page.locator(last).first().waitFor();
        await (await ui.browser.stranger()).visit(ui.url + path, async (other) => {
          await other.locator(last).first().waitFor();
          await untilSo("both show the same", async () => (await textOf(page)) === (await textOf(other)));
          for (const one of [page, other]) expect(await one.locator(".loading, [role=alert]").count()).toBe(0);
        });
      });
    });
  }

  test("Back", async () => {
    await ui.visit(`/ui/runs/${runs.failed}`, async (page) => {
      await page.getByRole("link", { name: "Table" }).click();
      await page.getByRole("link", { name: "charge" }).first().click();
      await page.getByRole("link", { name: "Attempts", exact: true }).last().click();
      await page.waitForURL(/tab=attempts/);
      for (const query of ["?view=table&step=charge", "?view=table", ""]) {
        await page.goBack();
        await page.waitForURL(`${ui.url}/ui/runs/${runs.failed}${query}`);
      }
    });
  });
});

test("while it is read, and where it can't be, other pictures stand there than for none", async () => {
  const [address, loading] = [`${ui.url}/ui/runs/${runs.failed}`, "Reading the run"];
  await expectAskedAndRefused(ui.browser, { address, reads: /view=outline/, loading });
});
