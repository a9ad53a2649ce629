import type { Target } from "../platform/target.ts";
import { Samples, type Summary } from "../report/percentiles.ts";
import { ask, createDelay, isUnfinished, type Page, type Run, runOnce } from "./api.ts";

/** What became of the runs that were triggered after counting began. Times are Unix ms, as the platform says. */
export interface RunCount {
  /** Runs by status. */
  by_status: Record<string, number>;
  /** Runs that appeared twice while paging; must be 0. */
  repeated: number;
  first_created_at: number;
  last_created_at: number;
  first_completed_at: number;
  last_completed_at: number;
  /** completed_at − created_at of each, in ms. */
  took: Summary;
}

export interface WaitOptions {
  patience?: number;
  ended?: () => void;
  each?: (run: Run) => void;
}

const PAGE = 200;
/** Between two looks, in ms: reading a page costs the platform something too. */
const LOOK_MS = 200;
let asked = 0;

/** Triggers and ends one run, to count from: everything newer than it was triggered later. Returns its uuid. */
export async function startCounting(target: Target): Promise<string> {
  const run = await runOnce(target, await createDelay(target, 0));
  if (isUnfinished(run)) throw new Error(`a run of an empty delay is ${run.status} after 30 s`);
  // Ids are times in ms, of several processes: what comes next has to be newer beyond doubt.
  await Bun.sleep(50);
  return run.uuid;
}

/**
 * Waits until every run newer than `since` has ended, then counts them all by paging through the list: exact, not
 * sampled. `ended` is called when the newest have, before any counting; every run is shown to `each` once it has ended.
 *
 * @throws Error when one has not ended `patience` ms after the call.
 */
export async function waitForRuns(
  target: Target,
  since: string,
  { patience = 60_000, ended, each }: WaitOptions = {},
): Promise<RunCount> {
  const deadline = Date.now() + patience;
  const tooLate = (what: string) => {
    if (Date.now() > deadline) throw new Error(`${what} after ${patience / 1000} s`);
  };
  // The newest ones are usually the last to end: wait for them before reading everything.
  while ((await newest(target)).items.some(isUnfinished)) {
    tooLate("the newest runs have not ended");
    await Bun.sleep(LOOK_MS);
  }
  ended?.();
  const seen = new Set<string>();
  const late: Run[] = [];
  const count = new Counting();
  await readRuns(target, since, (run) => {
    if (seen.has(run.uuid)) {
      count.repeated++;
      return;
    }
    seen.add(run.uuid);
    if (isUnfinished(run)) {
      late.push(run);
      return;
    }
    count.add(run);
    each?.(run);
  });
  for (let run of late) {
    for (;;) {
      run = await ask<Run>(target, "GET", `/api/v1/runs/${run.uuid}`);
      if (!isUnfinished(run)) break;
      tooLate(`run ${run.uuid} is still ${run.status}`);
      await Bun.sleep(LOOK_MS);
    }
    count.add(run);
    each?.(run);
  }
  return count.result();
}

/** How far a count is from so many runs, each of which has succeeded and was seen once. More are as wrong as fewer. */
export function missing(count: RunCount, expected: number): number {
  const all = Object.values(count.by_status).reduce((sum, one) => sum + one, 0);
  const success = count.by_status.success ?? 0;
  return Math.abs(expected - success) + (all - success) + count.repeated;
}

/** The newest page. A list may come from a cache and be 2 s old, so each look asks for another length: another list. */
function newest(target: Target): Promise<Page> {
  return ask<Page>(target, "GET", `/api/v1/runs?limit=${PAGE - (asked++ % (PAGE / 2))}`);
}

/** Reads every run newer than `since` once, newest first. */
async function readRuns(target: Target, since: string, each: (run: Run) => void): Promise<void> {
  let page = await newest(target);
  for (;;) {
    for (const run of page.items) {
      if (run.uuid === since) return;
      each(run);
    }
    if (page.next_cursor === null) throw new Error(`the list of runs ends without run ${since}`);
    const cursor = encodeURIComponent(page.next_cursor);
    page = await ask<Page>(target, "GET", `/api/v1/runs?limit=${PAGE}&cursor=${cursor}`);
  }
}

/** Adds runs up. */
class Counting {
  repeated = 0;
  readonly #byStatus: Record<string, number> = {};
  readonly #took = new Samples();
  readonly #created = new Span();
  readonly #completed = new Span();

  add({ status, created_at, started_at, completed_at }: Run): void {
    this.#byStatus[status] = (this.#byStatus[status] ?? 0) + 1;
    const created = Date.parse(created_at ?? started_at ?? "");
    const completed = Date.parse(completed_at ?? "");
    this.#created.add(created);
    this.#completed.add(completed);
    if (Number.isFinite(completed - created)) this.#took.add(completed - created);
  }

  result(): RunCount {
    return {
      by_status: this.#byStatus,
      repeated: this.repeated,
      first_created_at: this.#created.first,
      last_created_at: this.#created.last,
      first_completed_at: this.#completed.first,
      last_completed_at: this.#completed.last,
      took: this.#took.summary(),
    };
  }
}

/** The earliest and the latest of some times; 0 when there are none. */
class Span {
  first = 0;
  last = 0;

  add(time: number): void {
    if (!Number.isFinite(time)) return;
    if (this.first === 0 || time < this.first) this.first = time;
    if (time > this.last) this.last = time;
  }
}
