/** Who wants no motion has none, and who has colours of their own still tells statuses apart. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import type { Browser } from "../harness/browser/browser.ts";
import { EVERY_STATUS, showEveryStatus } from "../harness/browser/every-status.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { picture } from "../harness/browser/pictures.ts";
import { seed } from "../harness/browser/seed.ts";

const ui = pageUnderTest();
let shop: Bun.Server<undefined>;
let runs: Record<string, string>;

beforeAll(async () => {
  shop = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => Response.json({ no: 1 }, { status: 402 }) });
  runs = await seed(ui.api, `http://127.0.0.1:${shop.port}`);
});
afterAll(async () => {
  await shop?.stop(true);
});

test("no animation runs in any view, neither while it is read nor with what is under way", async () => {
  const still = await ui.browser.stranger({ reducedMotion: "reduce" });
  // Those that have motion for everybody else.
  const moving = ["/runs", `/runs/${runs.asleep}`];
  for (const path of moving) expect([path, await motionIn(ui.browser, path)]).toEqual([path, [true, true]]);
  for (const path of [
    ...[...moving, "", "/waiting", "/schedules", "/system", "/examples", `/runs/${runs.failed}?view=graph`],
    ...["table", "events"].map((view) => `/runs/${runs.asleep}?view=${view}`),
    `/runs/${runs.failed}/compare/${runs.success}`,
    ...["", "/welcome", "/welcome?run=1", "/welcome/edit", "/welcome/diff"].map((place) => `/workflows${place}`),
  ])
    expect([path, await motionIn(still, path)]).toEqual([path, [false, false]]);
});

/** Whether anything moves in a view while it is read, and once it is. */
async function motionIn(browser: Browser, path: string): Promise<boolean[]> {
  const found: boolean[] = [];
  await browser.visit(`${ui.url}/ui/nothing`, async (page) => {
    const held = Promise.withResolvers<void>();
    await page.route("**/api/v1/**", (asked) => held.promise.then(() => asked.continue()).catch(() => {}));
    await page.goto(`${ui.url}/ui${path}`);
    const reads = page.locator(".loading");
    // Examples are read with the page.
    if (path !== "/examples") await reads.first().waitFor();
    const look = async () => found.push((await page.evaluate("document.getAnimations().length")) !== 0);
    await look();
    held.resolve();
    await page.locator("main :is(h1, h2)").first().waitFor({ state: "attached" });
    await reads.first().waitFor({ state: "detached" });
    await look();
  });
  return found;
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`in colours of one's own, on ${colorScheme}, statuses are told apart by marks, patterns and lengths`, async () => {
    const own = await ui.browser.stranger({ forcedColors: "active", colorScheme });
    await own.visit(`${ui.url}/ui`, async (page) => {
      // What failed and what else ended, in one bar of Home.
      await page.locator(".chart-failed[style*=max]").first().waitFor();
      await expectApart(page, [".chart-others", ".chart-failed"]);
      await picture(page, `forced-home-${colorScheme}`);

      await showEveryStatus(page);
      await page.getByRole("link", { name: "Runs", exact: true }).click();
      await expectMarks(page, (status) => `[data-run="${status}"]`);
      await picture(page, `forced-runs-${colorScheme}`);
      await page.getByRole("link", { name: "Workflows", exact: true }).click();
      await page.locator(".run-dot").first().waitFor();
      await expectApart(
        page,
        ["success", "failed", "cancelled", "running"].map((status) => `.run-dot.mark-${status}`),
        "::before",
      );

      await page.goto(`${ui.url}/ui/runs/${runs.failed}`);
      await expectMarks(page, (status) => `[data-step="${status}"]`);
      await expectApart(page, [".bar-success", ".bar-failed", ".bar-running"]);
      await picture(page, `forced-run-${colorScheme}`);
      // What is chosen is told by more than the colour behind it.
      await expectApart(page, [".tabs a[aria-current]", ".tabs a:not([aria-current])"]);
      await page.getByRole("link", { name: "Table" }).click();
      await expectMarks(page, (status) => `[data-step="${status}"]`);
      await page.getByRole("link", { name: "Graph" }).click();
      await page.locator(".picture svg.box").first().waitFor();
      const fillOf = (part: string) =>
        page.evaluate(`getComputedStyle(document.querySelector(".picture svg.box ${part}")).fill`);
      expect(await fillOf("rect")).not.toBe(await fillOf(".name"));
      await picture(page, `forced-graph-${colorScheme}`);
    });
  });
}

/** Each status has its word, and a mark of its own that stands out from what is behind it. */
async function expectMarks(page: Page, rowOf: (status: string) => string): Promise<void> {
  const marks = new Set<unknown>();
  for (const [status] of EVERY_STATUS) {
    const place = `${rowOf(status)} svg.mark path`;
    const mark = page.locator(place).first();
    await mark.waitFor({ state: "attached" });
    marks.add(await mark.getAttribute("d"));
    const [line, ground] = await Promise.all([
      page.evaluate(`getComputedStyle(document.querySelector(${JSON.stringify(place)})).stroke`),
      page.evaluate("getComputedStyle(document.documentElement).backgroundColor"),
    ]);
    expect(line).not.toBe(ground);
  }
  expect([marks.size, marks.has("")]).toEqual([EVERY_STATUS.length, false]);
}

/** Each of them looks different. */
async function expectApart(page: Page, selectors: string[], part = ""): Promise<void> {
  const looks = await page.evaluate(`${JSON.stringify(selectors)}.map((selector) => {
    const style = getComputedStyle(document.querySelector(selector), ${JSON.stringify(part)});
    const { backgroundColor, backgroundImage, borderStyle, borderBottomColor, height } = style;
    return [backgroundColor, backgroundImage, borderStyle, borderBottomColor, ${part === "" ? '""' : "height"}].join();
  })`);
  expect(new Set(Object.values(Object(looks))).size).toBe(selectors.length);
}
