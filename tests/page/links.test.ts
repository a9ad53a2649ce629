/** Everything that is chosen is in the address: after a reload, and in another browser, it shows the same. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { seed } from "../harness/browser/seed.ts";
import { expectReply } from "../harness/http/expect.ts";
import { listAt } from "../harness/http/json.ts";
import { until } from "../harness/stack.fixture.ts";

const ui = pageUnderTest();
let shop: Bun.Server<undefined>;
let runs: Record<string, string>;

beforeAll(async () => {
  const reply = () => Response.json({ code: "card_declined" }, { status: 402 });
  shop = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: reply });
  runs = await seed(ui.api, `http://127.0.0.1:${shop.port}`);
  // What is read from older to younger leaves out the last two seconds.
  const oldFirst = async () => listAt((await ui.api.get("/api/v1/runs?status=failed&order=asc")).body, "items");
  await until("the run is in the order of old to new", async () => (await oldFirst()).length > 0);
  const step = (name: string) => ({ name, type: "transform", config: { value: 1 } });
  const changed = { id: "welcome", name: "Welcome", steps: [step("greet"), step("more")] };
  expectReply(await ui.api.put("/api/v1/workflows/welcome", changed), 200);
  const schedule = { id: "nights", workflow_id: "nightly", cron: "30 2 * * *", timezone: "Europe/Berlin" };
  expectReply(await ui.api.post("/api/v1/schedules", schedule), 200);
});
afterAll(async () => {
  await shop?.stop(true);
});

/** With what is there once all of it is read. `{failed}` stands for the id of a run. */
const STATES: [what: string, path: string, last: string][] = [
  ["several filters, and the oldest first", "/runs?status=failed&q=status+402&from=-7d&order=asc", "[data-run] a"],
  ["a time that was gone to", "/runs?workflow=welcome&at=2036-11-30T10:00:00.000Z", "[data-run] a"],
  ["what failed of a run", "/runs/{failed}?failed=1", "[data-step=charge]"],
  ["a step of a graph", "/runs/{failed}?view=graph&step=charge", ".panel-facts"],
  ["an attempt", "/runs/{failed}?view=table&step=charge&tab=attempts&attempt=1", ".attempts .is-selected"],
  ["an item of a map", "/runs/{failed}?open=items&step=items&item=1", ".item-steps a"],
  ["an event", "/runs/{failed}?view=events&kind=step&failed=1#e2", ".event-step-failed"],
  ["a step of two runs", "/runs/{failed}/compare/{failed}?step=orders", ".compare-opened .json-row"],
  ["a step in a drawing", "/workflows/sync_orders?step=1%2F1%2F0", ".chosen-step pre"],
  ["versions in the text", "/workflows/welcome/diff?from=1&to=2", ".cm-changedLine"],
  ["versions drawn", "/workflows/welcome/diff?from=1&to=2&as=drawn", ".picture .box.added"],
  ["a step that waits", "/waiting?run={waiting}&step=approval", ".answer-form button"],
  ["an example, and its step", "/examples?example=saga&step=0", ".example-drawing .box.selected"],
  ["a window of time", "/?window=24h", ".home-parts a"],
  ["a schedule", "/schedules?schedule=nights", ".next-times li:nth-child(5)"],
];

describe("a reload and another browser show the same", () => {
  for (const [what, pattern, last] of STATES) {
    test(what, async () => {
      const path = `/ui${pattern.replaceAll(/\{(\w+)\}/g, (_, state) => runs[state] ?? "")}`;
      await ui.visit(path, async (page) => {
        await page.locator(last).first().waitFor();
        const address = page.url();
        await page.reload();
        await page.locator(last).first().waitFor();
        expect(page.url()).toBe(address);
        await (await ui.browser.stranger()).visit(ui.url + path, async (other) => {
          await other.locator(last).first().waitFor();
          await until("both show the same", async () => (await shownBy(page)) === (await shownBy(other)));
          expect(other.url()).toBe(address);
          for (const one of [page, other]) expect(await one.locator(".loading, [role=alert]").count()).toBe(0);
        });
      });
    });
  }
});

/** What is to be read, and what is chosen; not how long something takes that goes on meanwhile. */
async function shownBy(page: Page): Promise<string> {
  const chosen = await page
    .locator("main :is([aria-current], [aria-selected=true], [aria-pressed=true])")
    .allTextContents();
  const text = (await page.locator("main").textContent()) ?? "";
  return [text, ...chosen].join("\n").replaceAll(/[\d.]+ (ms|s|min)( ago|…)?/g, "so long");
}

test("Back undoes one choice at a time", async () => {
  await ui.visit("/ui/runs", async (page) => {
    await page.getByRole("button", { name: "failed", exact: true }).click();
    await page.waitForURL(/\?status=failed$/);
    await page.getByRole("combobox", { name: "Created" }).selectOption("-7d");
    await page.waitForURL(/from=-7d/);
    await page.locator("[data-run] a").first().click();
    await page.getByRole("link", { name: "Graph" }).click();
    await page.getByRole("treeitem", { name: /^charge/ }).waitFor();
    await page.locator(".picture svg.box", { hasText: "charge" }).locator("rect").click();
    await page.waitForURL(/step=charge/);
    const run = `/ui/runs/${runs.failed}`;
    for (const path of [
      `${run}?view=graph`,
      run,
      "/ui/runs?status=failed&from=-7d",
      "/ui/runs?status=failed",
      "/ui/runs",
    ]) {
      await page.goBack();
      await page.waitForURL(ui.url + path);
    }
  });
});
