import type { Clock } from "../../clock.ts";
import { SharedReads } from "../../repositories/reads.ts";
import type { RunRepository } from "../../repositories/runs.ts";
import type { Source } from "../../repositories/source.ts";
import { MAX_PAGE_BYTES, type Order, pageBytes } from "../../schemas/lists/page.ts";
import type { RunFilter } from "../../schemas/lists/run-query.ts";
import { signalWaitsIn } from "../../schemas/log/waits.ts";
import type { SignalWait } from "../../schemas/runs/waiting.ts";
import type { RunRecord, RunSummary } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";
import { LoopTurns } from "./loop-turns.ts";
import { RowProgressReader, type RunRow } from "./row-progress.ts";

/** Runs that a request looks at, and for how long, before it answers with what it has. */
const MOST_LOOKED_AT = 10_000;
const LOOKING_MILLISECONDS = 100;
/** Runs that the first look is at, for each that is wanted; each further one is at four times as many. */
const FIRST_LOOK = 4;
const LARGEST_LOOK = 2000;
/** Full runs that are read at once: each may hold some MiB. */
const READ_AT_ONCE = 10;

/** Where a page begins. */
export interface Place {
  /** The run beside the page, which is not on it; null for the first page. */
  uuid: string | null;
  /** Whether the page is before it in the order of the list, or behind. */
  isBefore: boolean;
}

/** Which page is asked for. */
export interface PageOfRuns extends Place {
  filter: RunFilter;
  order: Order;
  limit: number;
}

/** A page, and the places of its neighbours; null where there is none. */
export interface FoundRuns<Run> {
  runs: Run[];
  next: Place | null;
  previous: Place | null;
  /** The last run that was looked at, where that ended before the page was full; else null. */
  lookedTo: string | null;
}

/** A run with steps that wait for a signal. */
export interface WaitingRun {
  run: RunSummary;
  waits: SignalWait[];
}

type Sourced = PageOfRuns & { source: Source };

/** Finds runs by what they are, with a bound on the runs that one request looks at. Identical requests that arrive together share one page. */
export class RunFinder {
  readonly #runs: RunRepository;
  readonly #clock: Clock;
  readonly #pages: SharedReads<Sourced, FoundRuns<RunSummary>>;
  /** A look at the embedded file holds the thread: of all requests one goes on in a turn, and others are served in between. */
  readonly #turns: LoopTurns;
  readonly #progress: RowProgressReader;
  /** Of pages that requests share, which share these as well. */
  readonly #rows = new WeakMap<FoundRuns<RunSummary>, Promise<RunRow[]>>();

  constructor(runs: RunRepository, clock: Clock) {
    this.#runs = runs;
    this.#clock = clock;
    this.#turns = new LoopTurns(clock);
    this.#progress = new RowProgressReader(runs);
    this.#pages = new SharedReads("run_looks", clock, runs.batchesAtOnce, JSON.stringify, (pages) =>
      Promise.all(pages.map((page) => this.#page(page))),
    );
  }

  /** @param readAfter see PageReader */
  async summaries(page: PageOfRuns, readAfter: string | null): Promise<FoundRuns<RunSummary>> {
    return this.#pages.get({ ...page, source: await this.#runs.sourceOf(readAfter) });
  }

  /** Likewise, with how far they are. */
  async rows(page: PageOfRuns, readAfter: string | null): Promise<FoundRuns<RunRow>> {
    const source = await this.#runs.sourceOf(readAfter);
    const found = await this.#pages.get({ ...page, source });
    let rows = this.#rows.get(found);
    if (rows === undefined) {
      rows = this.#progress.rowsOf(found.runs, source);
      this.#rows.set(found, rows);
    }
    return { ...found, runs: await rows };
  }

  /** Whole runs; fewer than asked for once they hold MAX_PAGE_BYTES. */
  async full(page: PageOfRuns, readAfter: string | null): Promise<FoundRuns<RunRecord>> {
    const source = await this.#runs.sourceOf(readAfter);
    const found = await this.#pages.get({ ...page, source });
    const uuids = (page.isBefore ? found.runs.toReversed() : found.runs).map(({ uuid }) => uuid);
    const runs: RunRecord[] = [];
    let bytes = 0;
    let read = 0;
    while (read < uuids.length && bytes < MAX_PAGE_BYTES) {
      const portion = uuids.slice(read, read + READ_AT_ONCE);
      const rows = await this.#runs.asStored(
        portion.map((uuid) => ({ namespace: NAMESPACE, uuid })),
        source,
      );
      for (const run of rows) {
        if (bytes >= MAX_PAGE_BYTES) break;
        read++;
        // It may have changed since it was found, or be gone.
        if (run === null || !(page.filter.statuses?.includes(run.status) ?? true)) continue;
        runs.push(run);
        bytes += pageBytes(run);
      }
    }
    const shown = page.isBefore ? runs.reverse() : runs;
    if (read === uuids.length) return { ...found, runs: shown };
    const place = { uuid: uuids[read - 1] ?? null, isBefore: page.isBefore };
    return { ...found, runs: shown, [page.isBefore ? "previous" : "next"]: place };
  }

  /** How far runs are now. */
  async withProgress(runs: RunSummary[]): Promise<RunRow[]> {
    return this.#progress.rowsOf(runs, await this.#runs.sourceOf(null));
  }

  /** Of runs that waited for a signal those that do so now. */
  async waiting(page: PageOfRuns, readAfter: string | null): Promise<FoundRuns<WaitingRun>> {
    const source = await this.#runs.sourceOf(readAfter);
    const found = await this.#pages.get({ ...page, source });
    const runs: WaitingRun[] = [];
    for (let read = 0; read < found.runs.length; read += READ_AT_ONCE) {
      const portion = found.runs.slice(read, read + READ_AT_ONCE);
      const keys = portion.map(({ uuid }) => ({ namespace: NAMESPACE, uuid }));
      const stored = await this.#runs.asStored(keys, source);
      for (const [index, run] of portion.entries()) {
        const record = stored[index] ?? null;
        const waits = record === null ? [] : signalWaitsIn(record);
        if (waits.length > 0) runs.push({ run, waits });
      }
    }
    return { ...found, runs };
  }

  async #page({ filter, order, limit, uuid, isBefore, source }: Sourced): Promise<FoundRuns<RunSummary>> {
    const began = this.#clock.monotonic();
    const runs: RunSummary[] = [];
    const look = { namespace: NAMESPACE, filter, order: isBefore ? reversed(order) : order };
    let after = uuid;
    let looked = 0;
    let most = FIRST_LOOK * (limit + 1);
    let isOver = false;
    // One more than asked for tells whether there is another page.
    while (runs.length <= limit && looked < MOST_LOOKED_AT && !isOver) {
      if (looked > 0 && this.#clock.monotonic() - began >= LOOKING_MILLISECONDS) break;
      if (looked > 0) await this.#turns.next();
      const found = await this.#runs.look({ ...look, after, limit: limit + 1 - runs.length, most }, source);
      runs.push(...found.runs);
      isOver = found.lookedTo === null;
      after = found.lookedTo ?? after;
      looked += most;
      most = Math.min(most * FIRST_LOOK, LARGEST_LOOK, MOST_LOOKED_AT - looked);
    }
    const isFull = runs.length > limit;
    const shown = runs.slice(0, limit);
    const end = isFull ? shown.at(-1)?.uuid : isOver ? undefined : after;
    const onward = end == null ? null : { uuid: end, isBefore };
    // Behind the last of a page that was read backwards is the one that it was read from, which is there.
    const back = uuid === null ? null : { uuid: shown[0]?.uuid ?? end ?? endOf(look.order), isBefore: !isBefore };
    const lookedTo = isFull || isOver ? null : after;
    if (!isBefore) return { runs: shown, next: onward, previous: back, lookedTo };
    return { runs: shown.reverse(), next: back, previous: onward, lookedTo };
  }
}

function reversed(order: Order): Order {
  return order === "asc" ? "desc" : "asc";
}

/** Behind the last uuid there can be. */
function endOf(order: Order): string {
  return order === "asc" ? "ffffffff-ffff-ffff-ffff-ffffffffffff" : "00000000-0000-0000-0000-000000000000";
}
