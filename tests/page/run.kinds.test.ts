/** Runs of unusual kinds: a map of many items, a status that the page does not know, and readers in other zones. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { BROWSER_START_MS, Browser } from "../harness/browser/browser.ts";
import { Client } from "../harness/http/client.ts";
import { Platform } from "../harness/platform.ts";

const ITEMS = 300;
const BAD = 11;
let platform: Platform;
let browser: Browser;
let run: string;

beforeAll(async () => {
  platform = await Platform.start();
  const api = new Client(platform.url);
  const bad = { name: "check", type: "fail", if: `item < ${BAD}`, config: { message: "bad item" } };
  const steps = [bad, { name: "wait", type: "delay", config: { duration: 0.001 } }];
  const config = { items: "${payload.items}", max_failures: "50%", steps };
  const workflow = await api.create([{ name: "items", type: "map", config }]);
  run = await api.trigger(workflow, { items: Array.from({ length: ITEMS }, (_, index) => index) });
  await api.untilEnded(run, 30_000);
  browser = await Browser.start();
}, BROWSER_START_MS);
afterAll(async () => {
  await browser?.close();
  await platform?.close();
});

const visit = (path: string, look: (page: Page) => Promise<void>) => browser.visit(platform.url + path, look);

test("a map is one row with counts; those that failed are listed when it is opened, and one is read by one request", async () => {
  await visit(`/ui/runs/${run}?failed=1`, async (page) => {
    await page.getByRole("button", { name: "Open items" }).click();
    const failed = page.getByRole("link", { name: /^\[\d+\]\.check$/ });
    await failed.nth(BAD - 1).waitFor();
    expect(await failed.count()).toBe(BAD);
    const reads: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/api/")) reads.push(pathname);
    });
    await failed.nth(3).click();
    await page.getByRole("complementary").getByText("bad item").first().waitFor();
    expect(reads).toEqual([`/api/v1/runs/${run}/steps/items%5B3%5D.check`]);
    await page.getByRole("link", { name: "Graph" }).click();
    await page.locator(".drawing svg").first().waitFor();
    expect(await page.locator(".drawing svg *").count()).toBeLessThanOrEqual(400);
  });
});

test("a status that the page does not know is shown with its own word and a mark", async () => {
  await visit("/ui/runs", async (page) => {
    await page.route(/view=outline/, async (route) => {
      const reply = await route.fetch();
      await route.fulfill({ response: reply, body: (await reply.text()).replaceAll('"success"', '"melted"') });
    });
    await page.locator("[data-run] a").first().click();
    await page.getByText("unknown: melted").first().waitFor();
    expect(await page.locator("svg.mark-unknown path").first().getAttribute("d")).toStartWith("M");
    await page.getByRole("link", { name: "Graph" }).click();
    await page.locator(".drawing svg").first().waitFor();
    await expectAccessible(page);
  });
});

test("every time names its zone, in each setting and in two zones", async () => {
  for (const [zone, named] of [
    ["America/New_York", /\d\d:\d\d:\d\d GMT-[45]/],
    ["Asia/Kolkata", /\d\d:\d\d:\d\d GMT\+5:30/],
  ] as const) {
    const stranger = await browser.stranger({ timezoneId: zone });
    await stranger.visit(`${platform.url}/ui/runs/${run}`, async (page) => {
      const tick = page.locator(".timeline-tick").first();
      await tick.waitFor();
      expect(await tick.textContent()).toMatch(named);
      await page.getByRole("button", { name: "Times: Local" }).click();
      await page.getByText("ago").first().waitFor();
      await page.getByRole("button", { name: "Times: relative" }).click();
      await page
        .getByText(/\d\d:\d\d:\d\d\.\d{3} UTC/)
        .first()
        .waitFor();
      expect(await tick.textContent()).toMatch(/\d\d:\d\d:\d\d UTC$/);
      const iso = await page.locator("time").first().getAttribute("title");
      expect(iso).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
    });
  }
});
