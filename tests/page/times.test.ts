/** Times are the same wherever they stand, in each setting, and name their zone: also in the hour that comes twice. */
import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { expectReply } from "../harness/http/expect.ts";

const ui = pageUnderTest();
let run: string;

beforeAll(async () => {
  const workflow = await ui.api.create([{ name: "one", type: "transform", config: { value: 1 } }], { id: "one" });
  run = await ui.api.trigger(workflow);
  await ui.api.untilEnded(run);
  expectReply(await ui.api.post("/api/v1/schedules", { id: "often", workflow_id: "one", every: 3600 }), 200);
});

/** An hour apart, in the night in which New York's clocks were set back: both are 01:30 there. */
const NIGHT = ["2026-11-01T05:30:00.000+00:00", "2026-11-01T06:30:00.000+00:00"];
const UTC = ["2026-11-01 05:30:00 UTC", "2026-11-01 06:30:00 UTC"];

for (const [zone, night] of [
  ["America/New_York", ["2026-11-01 01:30:00 GMT-4", "2026-11-01 01:30:00 GMT-5"]],
  ["Asia/Kolkata", ["2026-11-01 11:00:00 GMT+5:30", "2026-11-01 12:00:00 GMT+5:30"]],
] as const) {
  test(`list, line of time, tooltips and schedules agree, in each setting, in ${zone}`, async () => {
    const stranger = await ui.browser.stranger({ timezoneId: zone });
    await stranger.visit(`${ui.url}/ui/nothing`, async (page) => {
      await page.clock.install({ time: "2026-11-02T08:30:00Z" });
      await inThatNight(page);
      for (const [setting, expected] of [
        ["local", night],
        ["relative", ["1 d ago", "1 d ago"]],
        ["utc", UTC],
      ] as const) {
        await page.evaluate(`localStorage.setItem("time", "${setting}")`);
        expect([setting, await timesIn(page, "/runs", "[data-run] time")]).toEqual([setting, [...expected]]);
        const row = await timesIn(page, `/runs/${run}?view=table`, "[data-step] time");
        expect([setting, row]).toEqual([setting, expected.slice(0, 1)]);
        const tick = page.locator(".timeline-tick").first();
        await page.goto(`${ui.url}/ui/runs/${run}`);
        await tick.filter({ hasText: expected[0] }).waitFor();
        const next = await timesIn(page, "/schedules?schedule=often", ".next-times time");
        expect([setting, next]).toEqual([setting, [...expected]]);
      }
    });
  });
}

/** What the platform tells is of that night. */
async function inThatNight(page: Page): Promise<void> {
  const [first = "", second = ""] = NIGHT;
  await page.route(/\/api\/v1\/runs\?.*view=summary/, async (route) => {
    const list = await (await route.fetch()).json();
    const items = NIGHT.map((created_at, at) => ({ ...list.items[0], uuid: run.slice(0, -1) + at, created_at }));
    await route.fulfill({ json: { ...list, items } });
  });
  await page.route(/view=outline/, async (route) => {
    const outline = await (await route.fetch()).json();
    const times = { started_at: first, completed_at: second };
    const steps = outline.steps.map((step: object) => ({ ...step, ...times }));
    await route.fulfill({ json: { ...outline, created_at: first, ...times, steps } });
  });
  await page.route("**/api/v1/schedules?*", async (route) => {
    const list = await (await route.fetch()).json();
    await route.fulfill({ json: { ...list, items: [{ ...list.items[0], next_runs: NIGHT }] } });
  });
}

/** What times say, to the second; each has its time as ISO 8601 to be pointed at. */
async function timesIn(page: Page, path: string, selector: string): Promise<string[]> {
  await page.goto(`${ui.url}/ui${path}`);
  const times = page.locator(selector);
  await times.first().waitFor();
  const titles = await times.evaluateAll((all) => all.map(({ title }) => title));
  expect(titles).toEqual(NIGHT.slice(0, titles.length));
  return (await times.allTextContents()).map((text) => text.replace(".000", ""));
}

test("a setting that is changed holds at once, and today's times name their zone as well", async () => {
  const stranger = await ui.browser.stranger({ timezoneId: "Asia/Kolkata" });
  await stranger.visit(`${ui.url}/ui/runs/${run}`, async (page) => {
    const tick = page.locator(".timeline-tick").first();
    await tick.filter({ hasText: /^\d\d:\d\d:\d\d GMT\+5:30$/ }).waitFor();
    await page.getByRole("button", { name: "Times: Local" }).click();
    await tick.filter({ hasText: /ago$|^now$/ }).waitFor();
    await page.getByRole("button", { name: "Times: relative" }).click();
    await tick.filter({ hasText: /^\d\d:\d\d:\d\d UTC$/ }).waitFor();
  });
});
