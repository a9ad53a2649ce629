/** Runs that arrive while somebody looks: they wait where showing them would move what is pointed at. */
import { signal } from "@preact/signals";
import type { RunFilter } from "../../../client/client.ts";
import type { RunSummary } from "../../../schemas/runs/run-summary.ts";
import { answered, failed } from "../../data/outage.ts";
import { platform } from "../../data/platform.ts";
import { type Problem, problemOf } from "../../data/problem.ts";
import type { RunRows } from "./rows.ts";

const MOST_WAITING = 1000;
const PAGE_ROWS = 200;

export class Incoming {
  /** Newest first. */
  readonly waiting = signal<readonly RunSummary[]>([]);
  readonly #rows: RunRows;
  readonly #filter: RunFilter;
  readonly #isHeld: () => boolean;
  #asked: AbortController | null = null;
  /** The newest row when something may have been missed, for as long as that is not read: newer runs may come before it is. */
  #missedBehind: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param isHeld whether somebody points at, has chosen or looks at rows further down */
  constructor(rows: RunRows, filter: RunFilter, isHeld: () => boolean) {
    this.#rows = rows;
    this.#filter = filter;
    this.#isHeld = isHeld;
  }

  /** A run that is new, or has another status. */
  change(run: RunSummary): void {
    this.#take([run]);
  }

  /** Reads what is newer than the newest row, after something may have been missed. */
  async catchUp(): Promise<void> {
    if (!this.#rows.isRead.peek()) return;
    this.close();
    const asked = new AbortController();
    this.#asked = asked;
    const { newest, lookedTo } = this.#rows.top();
    const known = this.#missedBehind ?? newest;
    this.#missedBehind = known;
    const found: RunSummary[] = [];
    try {
      for (let cursor: string | undefined; found.length < MOST_WAITING; ) {
        const options = { limit: PAGE_ROWS, signal: asked.signal, ...(cursor !== undefined && { cursor }) };
        const { items, next_cursor, looked_to } = await platform.runs.page(this.#filter, options);
        found.push(...items);
        if (next_cursor === null || items.some(({ uuid }) => uuid <= known)) break;
        // Where few fit, or none, no row tells how far the list was read: without this all runs there are would be looked at.
        if (looked_to !== null && lookedTo !== null && looked_to <= lookedTo) break;
        cursor = next_cursor;
      }
      answered();
    } catch (error) {
      if (!asked.signal.aborted) this.#failed(problemOf(error));
      return;
    }
    this.#missedBehind = null;
    this.#take(found, known);
  }

  /** Shows what waits: on top, or, where it is too much for that, by reading the list anew. */
  show(): void {
    const waiting = this.waiting.peek();
    this.waiting.value = [];
    if (waiting.length >= PAGE_ROWS) this.#rows.begin();
    else if (waiting.length > 0) this.#rows.prepend(waiting);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
  }

  #failed(problem: Problem): void {
    const again = () => this.catchUp();
    if (problem.isOutage) failed(problem, again);
    if (problem.retryAfter !== null) this.#timer = setTimeout(again, problem.retryAfter * 1000);
  }

  #take(runs: readonly RunSummary[], known = this.#rows.top().newest): void {
    const waiting = new Map(this.waiting.peek().map((run) => [run.uuid, run]));
    for (const run of runs) {
      if (this.#rows.change(run)) continue;
      if (waiting.has(run.uuid) || run.uuid > known) waiting.set(run.uuid, run);
    }
    this.waiting.value = [...waiting.values()]
      .sort((one, other) => (one.uuid < other.uuid ? 1 : -1))
      .slice(0, MOST_WAITING);
    if (!this.#isHeld()) this.show();
  }
}

export function countText(count: number): string {
  return count >= MOST_WAITING ? `${MOST_WAITING.toLocaleString("en")} or more` : count.toLocaleString("en");
}
