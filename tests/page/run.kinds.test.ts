/** Runs of unusual kinds: a map of many items, a status that the page does not know, and readers in other zones. */
import { beforeAll, expect, test } from "bun:test";
import { expectAccessible } from "../harness/browser/axe.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";

const ITEMS = 10_000;
const BAD = 11;
const MOST_ELEMENTS = 400;
const MOST_BYTES = 64_000;
const ui = pageUnderTest();
let run: string;

beforeAll(async () => {
  const check = { name: "check", type: "transform", config: { value: `\${{ 1 / (item < ${BAD} ? 0 : 1) }}` } };
  const config = { items: "${{ range(payload.items) }}", max_failures: "50%", steps: [check] };
  const workflow = await ui.api.create([{ name: "items", type: "map", config }]);
  run = await ui.api.trigger(workflow, { items: ITEMS });
  await ui.api.untilEnded(run, 60_000);
});

test(`a map of ${ITEMS} is one row with counts; the ${BAD} that failed are listed when it is opened, and one is read by one request`, async () => {
  await ui.visit("/ui/examples", async (page) => {
    const answers: Promise<string>[] = [];
    page.on("response", (response) => {
      if (response.url().includes(`/api/v1/runs/${run}`)) answers.push(response.text());
    });
    await page.goto(`${ui.url}/ui/runs/${run}?view=graph`);
    await page.locator(".drawing svg").first().waitFor();
    await page.getByRole("treeitem", { name: /^items, map.*11 failed/ }).waitFor();
    expect(await page.locator(".drawing *").count()).toBeLessThanOrEqual(MOST_ELEMENTS);
    expect(await page.locator(".run *").count()).toBeLessThanOrEqual(MOST_ELEMENTS);
    // All that it took, and not the first answer alone.
    expect((await Promise.all(answers)).join("").length).toBeLessThan(MOST_BYTES);

    await page.getByRole("link", { name: "Timeline" }).click();
    await page
      .getByRole("listitem")
      .filter({ hasText: "9,989" })
      .filter({ hasText: String(BAD) })
      .waitFor();
    await page.getByRole("checkbox", { name: "only failed" }).check();
    await page.getByRole("button", { name: "Open items" }).click();
    const failed = page.getByRole("link", { name: /^\[\d+\]\.check$/ });
    await failed.nth(BAD - 1).waitFor();
    expect(await failed.allInnerTexts()).toEqual(Array.from({ length: BAD }, (_, at) => `[${at}].check`));
    expect(await page.locator(".run *").count()).toBeLessThanOrEqual(MOST_ELEMENTS);
    const reads: string[] = [];
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.startsWith("/api/v1/runs")) reads.push(pathname);
    });
    await failed.nth(3).click();
    await page.getByRole("complementary").getByText("An integer is divided by zero").first().waitFor();
    expect(reads).toEqual([`/api/v1/runs/${run}/steps/items%5B3%5D.check`]);
  });
});

test("its items are a strip: keys go from cell to cell, and the one that is opened is read alone", async () => {
  await ui.visit(`/ui/runs/${run}?step=items`, async (page) => {
    const strip = page.getByRole("slider", { name: "Items of items" });
    await strip.waitFor();
    await page.getByRole("region", { name: "Items of items" }).getByText("9,989 success").waitFor();
    const reads: string[] = [];
    page.on("request", (request) => {
      const { pathname, search } = new URL(request.url());
      // Of others, such as how many wait, it is not what is asked here.
      if (pathname.startsWith("/api/v1/runs")) reads.push(pathname + search);
    });
    await strip.press("End");
    await page.getByText("Item 9999 of 10,000, from 0: success").waitFor();
    await page.getByRole("complementary").getByRole("checkbox", { name: "only failed" }).check();
    await strip.press("ArrowLeft");
    await page.getByText("Item 10 of 10,000, from 0: failed").waitFor();
    expect(await strip.getAttribute("aria-valuetext")).toBe("item 10: failed");
    expect(reads).toEqual([]);
    await strip.press("Enter");
    await page.getByRole("link", { name: "items[10].check" }).waitFor();
    expect(reads).toEqual([`/api/v1/runs/${run}/steps?limit=200&under=items%5B10%5D`]);
    expect(new URL(page.url()).searchParams.get("item")).toBe("10");
    await expectAccessible(page);
  });
});

test("a status that the page does not know is shown with its own word and a mark", async () => {
  await ui.visit("/ui/runs", async (page) => {
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
    const stranger = await ui.browser.stranger({ timezoneId: zone });
    await stranger.visit(`${ui.url}/ui/runs/${run}`, async (page) => {
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
      await tick.filter({ hasText: /\d\d:\d\d:\d\d UTC$/ }).waitFor();
      const iso = await page.locator("time").first().getAttribute("title");
      expect(iso).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/);
    });
  }
});
