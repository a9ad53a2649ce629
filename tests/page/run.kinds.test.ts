/** Runs of unusual kinds: a map of many items, a status that the page does not know, and readers in other zones. */
import { beforeAll, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { expectAccessible } from "../harness/browser/axe.ts";
import { EVERY_STATUS, showEveryStatus } from "../harness/browser/every-status.ts";
import { expectNarrow } from "../harness/browser/narrow.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { narrowPicture, picture } from "../harness/browser/pictures.ts";
import { until } from "../harness/browser/until.ts";
import { expectReply } from "../harness/http/expect.ts";

const ITEMS = 10_000;
const BAD = 11;
const MOST_ELEMENTS = 400;
const MOST_BYTES = 64_000;
const MOST_ROWS = 60;
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
    await page.getByRole("row", { name: `9,989 success, ${BAD} failed` }).waitFor();
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

test("its items are a strip and a list: rows are read a page at a time, and the one that is opened is read alone", async () => {
  await ui.visit("/ui/examples", async (page) => {
    const asked = readsOf(page);
    await page.goto(`${ui.url}/ui/runs/${run}?step=items`);
    const strip = page.getByRole("slider", { name: "Items of items" });
    const list = page.getByRole("table", { name: "Items of items, one by one" });
    await list
      .getByText("An integer is divided by zero")
      .nth(BAD - 1)
      .waitFor();
    await page.getByRole("region", { name: "Items of items" }).getByText("9,989 success").waitFor();
    // Of what the map gave nothing is there before somebody asks for it.
    const { step, before } = { step: asked.find((one) => one.includes("/steps/items?")), before: asked.splice(0) };
    expect(step).toBe(`/api/v1/runs/${run}/steps/items?output_limit=65536&input_limit=65536`);
    expect(before.filter((one) => one.includes("under="))).toEqual([stepsBelow("items&from=0")]);
    expect(before.filter((one) => one.includes("/output?"))).toEqual([]);

    await strip.press("End");
    await page.getByText("Item 9999 of 10,000, from 0: success").waitFor();
    expect(asked).toEqual([]);
    // However far somebody goes at once, it is one page.
    await page.evaluate('document.querySelector(".item-scroller").scrollTo(0, 1e9)');
    await list
      .getByRole("row")
      .filter({ hasText: "items[9999]" })
      .filter({ hasText: /\d (ms|s)$/ })
      .waitFor();
    expect(asked.splice(0)).toEqual([expect.stringMatching(/steps\?limit=200&under=items&from=99\d\d$/)]);
    expect(await list.getByRole("row").count()).toBeLessThanOrEqual(MOST_ROWS);

    await page.getByRole("complementary").getByRole("checkbox", { name: "only failed" }).check();
    await list
      .getByText("An integer is divided by zero")
      .nth(BAD - 1)
      .waitFor();
    expect(await list.getByRole("link").allInnerTexts()).toEqual(
      Array.from({ length: BAD }, (_, at) => `items[${at}]`),
    );
    expect(asked.splice(0)).toEqual([stepsBelow("items&from=0&status=failed")]);
    await strip.press("ArrowLeft");
    await page.getByText("Item 10 of 10,000, from 0: failed").waitFor();
    expect(await strip.getAttribute("aria-valuetext")).toBe("item 10: failed");
    expect(asked).toEqual([]);
    await strip.press("Enter");
    await page.getByRole("link", { name: "items[10].check" }).waitFor();
    expect(asked.splice(0)).toEqual([stepsBelow("items%5B10%5D")]);
    expect(new URL(page.url()).searchParams.get("item")).toBe("10");
    // The same from the list, by keys.
    await list.getByRole("link", { name: "items[10]" }).focus();
    await page.keyboard.press("Home");
    await until(page, 'document.activeElement.textContent === "items[0]"');
    await page.keyboard.press("ArrowDown");
    await until(page, 'document.activeElement.textContent === "items[1]"');
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "items[1].check" }).waitFor();
    await page.getByText("Item 1 of 10,000, from 0: failed").waitFor();
    expect(asked.splice(0)).toEqual([stepsBelow("items%5B1%5D")]);
    await expectAccessible(page);
    await picture(page, "map-items");
    await narrowPicture(page, "map-items-narrow");
    // On a phone its tabs stand in one line.
    await page.setViewportSize({ width: 360, height: 740 });
    const lines = `new Set([...document.querySelectorAll(".panel .tabs a")].map((tab) => tab.offsetTop)).size`;
    await until(page, `${lines} === 1 && document.querySelectorAll(".panel .tabs a").length === 6`);
    await page.setViewportSize({ width: 1280, height: 800 });

    await page.getByRole("complementary").getByRole("link", { name: "Output" }).click();
    await page.getByRole("tree", { name: "output of items as a tree" }).getByRole("treeitem").first().waitFor();
    expect(asked.splice(0)).toEqual([`/api/v1/runs/${run}/steps/items/output`]);
  });
});

/** What is asked of the runs, from now on. */
function readsOf(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith("/api/v1/runs/")) asked.push(pathname + search);
  });
  return asked;
}

const stepsBelow = (query: string) => `/api/v1/runs/${run}/steps?limit=200&under=${query}`;

test("on a phone which run it is, how it is, and what can be done stay in view however far one scrolls", async () => {
  const phone = await ui.browser.stranger({ viewport: { width: 360, height: 740 } });
  await phone.visit(`${ui.url}/ui/runs/${run}?open=items`, async (page) => {
    await page.locator('[data-step="items[9].check"]').waitFor();
    await page.evaluate("scrollTo(0, 1000)");
    await until(page, "scrollY > 500");
    for (const part of [".run-title h1", ".run-facts .status"]) {
      const isSeen = await page.evaluate(`(() => {
        const element = document.querySelector("${part}");
        const { left, top, height } = element.getBoundingClientRect();
        return element.contains(document.elementFromPoint(left + 10, top + height / 2));
      })()`);
      expect([part, isSeen]).toEqual([part, true]);
    }
    await picture(page, "run-narrow-scrolled");
    await expectNarrow(page);
    const menu = page.locator("summary[aria-label=More]");
    await menu.click({ timeout: 5000 });
    await page
      .locator(".menu-actions")
      .getByText(/^It ended at /)
      .first()
      .waitFor();
    await picture(page, "run-narrow-actions");
    await expectAccessible(page);
    await page.locator(".menu-actions").getByRole("button", { name: "Retry…" }).click();
    await page.getByRole("dialog", { name: "Retry this run" }).waitFor();
    expect(await page.evaluate("scrollY")).toBeGreaterThan(500);
    await page.keyboard.press("Escape");
    await until(page, "document.activeElement.ariaLabel === 'More'");
  });
});

test("every status has its own word and mark, also one that the page does not know", async () => {
  // A step for each, so that they are drawn.
  const steps = EVERY_STATUS.map(([status]) => ({ name: status, type: "transform", config: { value: 1 } }));
  const one = await ui.api.trigger(await ui.api.create(steps));
  await ui.api.untilEnded(one);
  const marksOf = async (page: Page, rows: (status: string) => string) => {
    const marks = new Set<string | null>();
    for (const [status, word] of EVERY_STATUS) {
      const row = page.locator(rows(status));
      await row
        .locator(".status")
        .getByText(status === "pending" ? /^(pending|not reached)$/ : word)
        .waitFor();
      marks.add(await row.locator(".status svg.mark path").getAttribute("d"));
    }
    expect([marks.size, marks.has(""), marks.has(null)]).toEqual([EVERY_STATUS.length, false, false]);
  };
  await ui.visit("/ui/examples", async (page) => {
    await showEveryStatus(page);
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await marksOf(page, (status) => `[data-run="${status}"]`);
    await page.goto(`${ui.url}/ui/runs/${one}?view=table`);
    await page.locator(".run-facts .status").getByText("unknown: melted", { exact: true }).waitFor();
    await marksOf(page, (status) => `[data-step="${status}"]`);
    await page.getByRole("link", { name: "Graph" }).click();
    const drawn = new Set<string | null>();
    for (const [status, word] of EVERY_STATUS) {
      // A word of a newer server stands as it is.
      const says = word.replace("unknown: ", "");
      await page.getByRole("treeitem", { name: new RegExp(`^${status}, transform, ${says}$`) }).waitFor();
      const box = page.locator(".picture svg.box", { has: page.getByText(status, { exact: true }) });
      drawn.add(await box.locator(".mark").getAttribute("d"));
    }
    expect([drawn.size, drawn.has(""), drawn.has(null)]).toEqual([EVERY_STATUS.length, false, false]);
    await expectAccessible(page);
  });
});

test("a run goes on under the mended definition: what it sent is not sent again, and both runs lead to one another", async () => {
  const sent: string[] = [];
  await using shop = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url);
      sent.push(pathname);
      return Response.json({ n: 41 }, { status: pathname === "/three" ? 402 : 200 });
    },
  });
  const hook = (name: string, path: string, body: object) => ({
    ...{ name, type: "webhook", config: { method: "POST", url: `http://127.0.0.1:${shop.port}/${path}`, body } },
  });
  const steps = (last: string) => [
    hook("one", "one", { who: "${payload.who}" }),
    hook("two", "two", { n: "${one.response_data.n}" }),
    hook("three", last, { n: "${{ one.response_data.n + 1 }}", dear: "Dear ${payload.who}", of: "${run.id}" }),
  ];
  const id = await ui.api.create(steps("three"), { name: "Mended" });
  const first = await ui.api.trigger(id, { who: "Ada" });
  await ui.api.untilEnded(first);
  expectReply(await ui.api.put(`/api/v1/workflows/${id}`, { name: "Mended", steps: steps("mended") }), 200);
  await ui.visit(`/ui/runs/${first}?step=three&tab=input`, async (page) => {
    const config = page.getByRole("tree", { name: "config of three as it was given as a tree" });
    for (const row of [/^n: 42/, /^dear: "Dear Ada"/, new RegExp(`^of: "${first}"`)])
      await config.getByRole("treeitem", { name: row }).waitFor();
    await page.getByRole("tree", { name: "config of three as a tree" }).getByText("one.response_data.n + 1").waitFor();
    await expectAccessible(page);
    await picture(page, "input");
    await page.getByRole("button", { name: "Retry…" }).click();
    await page.getByRole("radio", { name: "the newest version" }).check();
    await page.getByText("config.url").waitFor();
    await page.getByText("Acts on the world again: three").waitFor();
    await page.getByRole("button", { name: "Retry", exact: true }).click();
    await page.waitForURL((url) => !url.pathname.endsWith(first));
    const second = new URL(page.url()).pathname;
    await page.getByText("success", { exact: true }).first().waitFor();
    await page.getByRole("link", { name: "tries this run again" }).click();
    await page.waitForURL(new RegExp(`/ui/runs/${first}$`));
    await page.getByRole("link", { name: "was tried again" }).click();
    await page.waitForURL(new RegExp(`${second}$`));
  });
  expect(sent).toEqual(["/one", "/two", "/three", "/mended"]);
});
