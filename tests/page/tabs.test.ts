/** Many tabs of one browser: together they have one stream of events, whichever of them is closed. */
import { beforeAll, expect, test } from "bun:test";
import type { Page, Request } from "playwright-core";
import { pageUnderTest } from "../harness/browser/page-under-test.ts";
import { until } from "../harness/browser/until.ts";
import { expectReply } from "../harness/http/expect.ts";
import { listAt, textAt } from "../harness/http/json.ts";
import { until as untilSo } from "../harness/stack.fixture.ts";

const TABS = 8;
/** Four times as many have rows in the document at a time. */
const RUNS = 6;
const PATIENCE_MS = 20_000;

const ui = pageUnderTest();

beforeAll(async () => {
  await ui.api.create([{ name: "one", type: "transform", config: { value: 1 } }], { id: "quick", name: "Quick" });
  await ui.api.create([{ name: "wait", type: "wait", config: { signal: "go" } }], { id: "waits", name: "Waits" });
});

async function trigger(workflow_id = "quick"): Promise<string[]> {
  const triggers = Array.from({ length: RUNS }, () => ({ workflow_id, payload: {} }));
  const reply = await ui.api.post("/api/v1/trigger/batch", { triggers });
  expectReply(reply, 200);
  return listAt(reply.body, "results").map((one) => textAt(one, "run_id"));
}

/** Streams of events that are open, by the tabs that have them. */
class Streams {
  readonly #open = new Map<Request, Page>();

  watch(page: Page): void {
    const isStream = (request: Request) => new URL(request.url()).pathname.endsWith("/events");
    page.on("request", (request) => isStream(request) && this.#open.set(request, page));
    page.on("requestfinished", (request) => this.#open.delete(request));
    page.on("requestfailed", (request) => this.#open.delete(request));
    page.on("close", () => {
      for (const [request, of] of this.#open) if (of === page) this.#open.delete(request);
    });
  }

  get tabs(): Page[] {
    return [...this.#open.values()];
  }

  /** Waits until there is one, in this tab where it is named. */
  untilOne(page: Page | null = null): Promise<void> {
    const isOne = ([first, ...others]: Page[]) =>
      first !== undefined && others.length === 0 && (page === null || page === first);
    return untilSo("one tab has a stream", () => isOne(this.tabs), PATIENCE_MS);
  }
}

/** Waits until a tab shows exactly these runs, and that all have ended. */
async function untilShown(page: Page, runs: string[]): Promise<void> {
  const shown = `[...document.querySelectorAll("[data-run]")].map((one) => one.dataset.run).sort().join()`;
  await until(page, `${shown} === ${JSON.stringify(runs.toSorted().join())}`);
  await until(page, `document.querySelectorAll("[data-run] .status-success").length === ${runs.length}`);
}

test(`${TABS} tabs have one stream in all, a ninth loads, and when the tab with the stream is closed another takes over`, async () => {
  const streams = new Streams();
  const tabs: Page[] = [];
  const openTabs = async (): Promise<void> => {
    if (tabs.length === TABS) return look();
    // It has asked for nothing that is followed when it is first watched.
    await ui.visit("/ui/examples", async (page) => {
      streams.watch(page);
      await page.goto(`${ui.url}/ui/runs?workflow=quick`);
      await page.locator("[data-run]").first().waitFor();
      await streams.untilOne(page);
      tabs.push(page);
      await openTabs();
    });
  };
  const runs = await trigger();
  const look = async () => {
    runs.push(...(await trigger()));
    for (const tab of tabs) await untilShown(tab, runs);
    expect(streams.tabs).toEqual(tabs.slice(-1));

    const other = await ui.api.trigger("waits");
    await ui.visit("/ui/examples", async (ninth) => {
      streams.watch(ninth);
      await ninth.goto(`${ui.url}/ui/runs/${other}`);
      await ninth.getByText("waits for signal").waitFor();
      await streams.untilOne(ninth);
      runs.push(...(await trigger()));
    });
    // Now it is closed. These come while nobody has the stream, or another one has just taken it.
    runs.push(...(await trigger()));
    await streams.untilOne();
    for (const tab of tabs) await untilShown(tab, runs);
    expect(streams.tabs.length).toBe(1);
  };
  await openTabs();
});

test("a tab that is hidden for half a minute lets go of the stream, and has it again once it is looked at", async () => {
  await trigger();
  const streams = new Streams();
  await ui.visit("/ui/examples", async (page) => {
    streams.watch(page);
    await page.clock.install();
    await page.goto(`${ui.url}/ui/runs?workflow=quick`);
    await page.locator("[data-run]").first().waitFor();
    await streams.untilOne(page);
    const hide = (isHidden: boolean) =>
      page.evaluate(`
        Object.defineProperty(document, "hidden", { value: ${isHidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"))`);
    await hide(true);
    await page.clock.runFor(31_000);
    await untilSo("nobody has a stream", () => streams.tabs.length === 0, PATIENCE_MS);
    await hide(false);
    await streams.untilOne(page);
  });
});

test("runs that were missed are shown also where newer ones came before they were read", async () => {
  await ui.api.create([{ name: "one", type: "transform", config: { value: 1 } }], { id: "missed", name: "Missed" });
  const first = await trigger("missed");
  await ui.visit("/ui/examples", async (page) => {
    const [stream, read] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let reads = 0;
    await page.route(/\/api\/v1\/events/, async (route) => {
      await stream.promise;
      await route.continue();
    });
    await page.route(/\/api\/v1\/runs\?/, async (route) => {
      if (++reads === 2) await read.promise;
      await route.continue();
    });
    await page.goto(`${ui.url}/ui/runs?workflow=missed`);
    await page.locator("[data-run]").first().waitFor();
    const missed = await trigger("missed");
    stream.resolve();
    await untilSo("the list is read once more", () => reads === 2, PATIENCE_MS);
    const newer = await trigger("missed");
    await page.locator(`[data-run="${newer[0]}"]`).waitFor();
    read.resolve();
    await untilShown(page, [...first, ...missed, ...newer]);
    const shown = await page
      .locator("[data-run]")
      .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-run")));
    expect(shown).toEqual([...shown].sort().reverse());
  });
});
