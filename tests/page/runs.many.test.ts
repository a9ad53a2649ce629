/** A list of very many runs, and of very large ones: what is in the document, and what is asked for, stays small. */
import { Database } from "bun:sqlite";
import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page, Request } from "playwright-core";
import { fillSqlite } from "../../bench/platform/stored-runs.ts";
import { idFloor } from "../../src/ids.ts";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { until } from "../harness/browser/until.ts";
import { listAt, textAt } from "../harness/http/json.ts";

/** Half of them were triggered 90 days ago, the others a minute ago. */
const STORED = process.env.TEST_SIZE === "full" ? 1_000_000 : 20_000;
const EACH = STORED / 2;
const PAGE_ROWS = 100;
const PAGES = 50;
const MOST_ROWS = 80;
const LARGE = 100;
const MIB = 1024 * 1024;
const DAY_MS = 86_400_000;
const SECRET = "a text of a payload that no list may have";

const ui = pageUnderTest();

/** The runs with large payloads, the oldest first. */
const large: string[] = [];
/** The only one that failed, older than all others. */
const FAILED_AT = Date.now() - 100 * DAY_MS;
const failed = idFloor(FAILED_AT);

beforeAll(async () => {
  const steps = [{ name: "one", type: "transform", config: { value: 1 } }];
  const workflow = await ui.api.create(steps, { id: "small", name: "Small" });
  const other = await ui.api.create(steps, { id: "large", name: "Large" });
  await ui.platform.stop();
  const store = await fillSqlite(ui.platform.dataFolder, { workflow, each: EACH });
  await store.close();
  storeLarge(other);
  await ui.platform.restart();
}, 600_000);

/** Stores runs with payloads and outputs of 1 MiB past the platform, which would take long for so much. */
function storeLarge(workflow: string): void {
  const database = new Database(join(ui.platform.dataFolder, "platform.db"));
  const insert =
    database.prepare(`insert into workflow_runs (uuid, namespace, workflow_id, status, payload, created_at, started_at,
    completed_at, token, crashes, step_results) values (?, 'default', ?, ?, ?, ?, ?, ?, 1, 0, ?)`);
  const text = SECRET.padEnd(MIB, ".");
  const result = { step_name: "one", status: "success", output: { type: "transform", value: text }, error: null };
  const [payload, results] = [JSON.stringify({ text }), JSON.stringify({ one: result })];
  database.transaction(() => {
    for (let count = 0; count < LARGE; count++) {
      // After those that are a minute old.
      const at = Date.now() - 30_000 + count;
      const uuid = idFloor(at);
      insert.run(uuid, workflow, "success", payload, at, at, at, results);
      large.push(uuid);
    }
    insert.run(failed, workflow, "failed", "{}", FAILED_AT, FAILED_AT, FAILED_AT, "{}");
  })();
  insert.finalize();
  database.close();
}

const SCROLLER = `document.querySelector(".run-scroller")`;
const RULER = "Go to a time";

/** Notes the requests for pages of the list, and those of them that were given up. */
class Reads {
  readonly asked: Request[] = [];
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
    page.on("request", (request) => {
      if (new URL(request.url()).pathname === "/api/v1/runs") this.asked.push(request);
    });
  }

  /** Waits until there are so many. */
  async until(count: number): Promise<void> {
    while (this.asked.length < count) await this.#page.waitForEvent("request");
  }
}

/** Looks at the list once it is read, and what may have been missed meanwhile is read as well. */
async function visitList(look: (page: Page, reads: Reads) => Promise<void>): Promise<void> {
  await ui.visit("/ui/examples", async (page) => {
    const reads = new Reads(page);
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await reads.until(2);
    await page.locator(`[data-run="${large.at(-1)}"]`).waitFor();
    reads.asked.length = 0;
    // The most rows that are in the document at a time.
    await page.evaluate(`
      window.mostRows = 0;
      new MutationObserver(() => {
        window.mostRows = Math.max(window.mostRows, document.querySelectorAll("[data-run]").length);
      }).observe(document.body, { childList: true, subtree: true })`);
    await look(page, reads);
  });
}

async function expectFewRows(page: Page): Promise<void> {
  const most = Number(await page.evaluate("window.mostRows"));
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(MOST_ROWS);
}

/** Waits until a stored run has a row: of the young or the old ones the one that was stored as number `at`, from 0 on. */
async function untilShown(page: Page, at: number): Promise<void> {
  const end = at.toString(16).padStart(12, "0");
  await page.locator(`[data-run$="-${end}"]`).waitFor();
}

/** Waits until the list begins with the old runs. */
async function untilOld(page: Page): Promise<void> {
  await until(page, `document.querySelector("[data-run]")?.dataset.run < "${idFloor(Date.now() - 60 * DAY_MS)}"`);
}

test(`${STORED} runs: each page that is scrolled to is one request, and few rows are in the document`, async () => {
  await visitList(async (page, reads) => {
    for (let pages = 1; pages <= PAGES; pages++) {
      await page.evaluate(`${SCROLLER}.scrollTo(0, ${SCROLLER}.scrollHeight)`);
      await reads.until(pages);
      // The last row of the page before stays in view, with those of the next one below it.
      await until(page, `${SCROLLER}.scrollHeight - ${SCROLLER}.scrollTop > 2 * ${SCROLLER}.clientHeight`);
    }
    // The first page had the large ones.
    await untilShown(page, EACH - PAGE_ROWS * (PAGES - 1));
    expect(reads.asked.length).toBe(PAGES);
    // Back to the top at once: what was dropped meanwhile is not read page by page.
    await page.evaluate(`${SCROLLER}.scrollTo(0, 0)`);
    await page.locator(`[data-run="${large.at(-1)}"]`).waitFor();
    expect(reads.asked.length).toBe(PAGES + 1);
    await expectFewRows(page);
  });
});

test(`the one that failed of ${STORED} is found by one request`, async () => {
  await ui.visit("/ui/examples", async (page) => {
    const reads = new Reads(page);
    await page.goto(`${ui.url}/ui/runs?status=failed`);
    await page.locator(`[data-run="${failed}"]`).waitFor();
    await page.getByText("These are all").waitFor();
    const answer = await (await reads.asked[0]?.response())?.json();
    expect([answer.items.map(({ uuid }: { uuid: string }) => uuid), answer.looked_to]).toEqual([[failed], null]);
  });
});

test("a time is gone to by one request", async () => {
  await visitList(async (page, reads) => {
    const slider = page.getByRole("slider", { name: RULER });
    // Between a week and a month ago: all that is older is what is shown.
    await slider.fill("850");
    await reads.until(1);
    await untilOld(page);
    await expectFewRows(page);
    const asked = reads.asked.map((request) => new URL(request.url()).searchParams);
    expect(asked.map((query) => query.has("created_to"))).toEqual([true]);
    // Who goes there by keys can go on by keys.
    await slider.focus();
    await page.keyboard.press("ArrowDown");
    await reads.until(2);
    await (await reads.asked[1]?.response())?.finished();
    await untilOld(page);
    expect(await page.evaluate("document.activeElement.type")).toBe("range");

    // What is newer is not read until somebody goes up from there; then what was shown keeps its place.
    const first = page.locator("[data-run]").first();
    const [id, top] = [await first.getAttribute("data-run"), (await first.boundingBox())?.y];
    await page.mouse.move(400, 400);
    await page.mouse.wheel(0, -10);
    await reads.until(3);
    await (await reads.asked[2]?.response())?.finished();
    await until(page, `${SCROLLER}.scrollTop === ${PAGE_ROWS} * 36`);
    expect((await page.locator(`[data-run="${id}"]`).boundingBox())?.y).toBe(top);
    expect(reads.asked.length).toBe(3);
    await page.getByRole("button", { name: "Newer runs" }).waitFor({ state: "hidden" });
  });
});

test("drawing on along the ruler gives up the reads before", async () => {
  await visitList(async (page, reads) => {
    const held = Promise.withResolvers<void>();
    await page.route(/[?&]created_to=/, async (asked) => {
      await held.promise;
      // Those that were given up can't go on.
      await asked.continue().catch(() => {});
    });
    const box = await page.getByRole("slider", { name: RULER }).boundingBox();
    if (box === null) throw new Error("there is no ruler");
    const moveTo = (part: number) => page.mouse.move(box.x + box.width / 2, box.y + part * box.height);
    await moveTo(0.5);
    await page.mouse.down();
    await reads.until(1);
    for (const [index, part] of [0.6, 0.7, 0.8].entries()) {
      const givenUp = page.waitForEvent("requestfailed", (request) => request === reads.asked[index]);
      await moveTo(part);
      await givenUp;
      await reads.until(index + 2);
    }
    await page.mouse.up();
    held.resolve();
    // The last one is answered.
    await untilOld(page);
    expect(reads.asked.map((request) => request.failure()?.errorText ?? null)).toEqual([
      ...["net::ERR_ABORTED", "net::ERR_ABORTED", "net::ERR_ABORTED", null],
    ]);
  });
});

/** Answers reads of the list: how far back the platform looked, and which runs it found there. Gives the cursors that were asked for. */
async function answerLooks(
  page: Page,
  looked: readonly (readonly [to: string, items: unknown[]])[],
): Promise<string[]> {
  const cursors: string[] = [];
  await page.route(/\/api\/v1\/runs\?/, async (asked) => {
    const [to = null, items = []] = looked[cursors.length] ?? [];
    cursors.push(new URL(asked.request().url()).searchParams.get("cursor") ?? "");
    const looked_to = to === null ? null : `2026-11-30T${to}:00.000+00:00`;
    await asked.fulfill({ json: { items, next_cursor: to, prev_cursor: null, limit: 100, looked_to } });
  });
  return cursors;
}

test("what may have been missed is looked for no further back than the list was read, also where nothing fits", async () => {
  await ui.visit("/ui/examples", async (page) => {
    // The first page of the list, then what came since, then what is gone on to.
    const cursors = await answerLooks(page, [
      ["10:00", []],
      ["10:05", []],
      ["10:00", []],
    ]);
    await page.goto(`${ui.url}/ui/runs?tag=nobody-has-it`);
    await page.getByText("nothing yet").waitFor();
    while (cursors.length < 3) await page.waitForEvent("requestfinished");
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("No run fits").waitFor();
    expect(cursors.slice(0, 4)).toEqual(["", "", "10:05", "10:00"]);
  });
});

test("who goes on is led past many pages without a run that fits, and keeps those that were found before", async () => {
  const { body } = await ui.api.get("/api/v1/runs?view=summary&limit=2");
  const [newer, older] = listAt(body, "items");
  const times = Array.from({ length: 25 }, (_, index) => `09:${59 - index}`);
  await ui.visit("/ui/examples", async (page) => {
    const cursors = await answerLooks(page, [
      ["10:00", [newer]],
      ["10:00", [newer]],
      ...times.map((time, index): [string, unknown[]] => [time, index === 24 ? [older] : []]),
    ]);
    await page.goto(`${ui.url}/ui/runs?tag=rare`);
    while (cursors.length < 2) await page.waitForEvent("requestfinished");
    const goOn = page.getByRole("button", { name: "Go on" });
    await goOn.click();
    // So many pages may be looked at for one click.
    await until(page, `document.querySelector(".run-edge").textContent.includes("09:40")`);
    expect(cursors.slice(2)).toEqual(["10:00", ...times.slice(0, 19)]);
    await goOn.click();
    await page.locator(`[data-run="${textAt(older, "uuid")}"]`).waitFor();
    expect(await page.locator("[data-run]").count()).toBe(2);
    expect(cursors.slice(2)).toEqual(["10:00", ...times.slice(0, 24)]);
  });
});

test(`of ${LARGE} runs with payloads and outputs of 1 MiB the list has nothing`, async () => {
  const [run = ""] = large;
  expect((await ui.api.get(`/api/v1/runs/${run}`)).text.length).toBeGreaterThan(2 * MIB);
  await ui.visit("/ui/examples", async (page) => {
    const reads = new Reads(page);
    await page.goto(`${ui.url}/ui/runs?workflow=large`);
    await reads.until(2);
    await page.getByRole("link", { name: "Large" }).first().waitFor();
    await page.evaluate(`${SCROLLER}.scrollTo(0, ${SCROLLER}.scrollHeight)`);
    // How far they are was not looked at either, which is said.
    await page.locator(`[data-run="${run}"]`).getByText("not counted", { exact: true }).waitFor();
    const answers = await Promise.all(reads.asked.map(async (request) => (await request.response())?.text() ?? ""));
    expect(answers.join("")).toContain(run);
    expect(answers.join("")).not.toContain(SECRET);
    expect(answers.join("").length).toBeLessThan(100_000);
  });
});
