/**
 * The rows of the list: a piece of all runs that fit, newest first, read page by page in both directions. What is far from view
 * is dropped, and read again when somebody comes back.
 */
import { computed, signal } from "@preact/signals";
import type { RunFilter, RunPage } from "../../../client/client.ts";
import type { RunSummary } from "../../../schemas/runs/run-summary.ts";
import { answered, failed } from "../../data/outage.ts";
import { platform } from "../../data/platform.ts";
import { type Problem, problemOf } from "../../data/problem.ts";

const PAGE_ROWS = 100;
const MOST_PAGES = 10;
const MOST_ROWS = MOST_PAGES * PAGE_ROWS;
/** Pages that are read for one wish to go on, where nothing is found: the platform looks at some 10,000 runs for each. */
const MOST_LOOKS = 20;

/** A page that could be read. */
interface Step {
  filter: RunFilter;
  cursor?: string;
}

interface Page {
  items: readonly RunSummary[];
  newer: Step | null;
  older: Step | null;
  /** How far back it looked, where it found too few and there may be more. */
  lookedTo: string | null;
}

function countIn(pages: readonly Page[]): number {
  return pages.reduce((sum, { items }) => sum + items.length, 0);
}

/** Pages behind others. Where few runs fit, two make one: what is dropped, and read again, is a page. */
function joined(newer: readonly Page[], older: readonly Page[]): Page[] {
  const [above, below] = [newer.at(-1), older[0]];
  if (above === undefined || below === undefined || countIn([above, below]) > PAGE_ROWS) return [...newer, ...older];
  const page = { ...below, items: [...above.items, ...below.items], newer: above.newer };
  return [...newer.slice(0, -1), page, ...older.slice(1)];
}

export type Direction = "newer" | "older";

export class RunRows {
  readonly #filter: RunFilter;
  /** ISO 8601: rows begin with what was created before this, with newer ones above. */
  readonly #at: string | null;
  readonly #pages = signal<readonly Page[]>([]);
  readonly problem = signal<Problem | null>(null);
  readonly reading = signal<Direction | null>(null);
  readonly rows = computed(() => this.#pages.value.flatMap(({ items }) => items));
  readonly hasNewer = computed(() => this.#pages.value[0]?.newer != null);
  readonly hasOlder = computed(() => this.#pages.value.at(-1)?.older != null);
  readonly lookedTo = computed(() => this.#pages.value.at(-1)?.lookedTo ?? null);
  readonly isRead = computed(() => this.#pages.value.length > 0);
  /** How far back the first page looked, where it found too few. */
  #firstLookedTo: string | null = null;
  #asked = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(filter: RunFilter, at: string | null) {
    this.#filter = filter;
    this.#at = at;
  }

  /** Reads the first page, in place of all that is there. */
  async begin(): Promise<void> {
    this.close();
    const createdTo = this.#at ?? this.#filter.createdTo;
    const filter = { ...this.#filter, ...(createdTo !== undefined && { createdTo }) };
    const page = await this.#read("older", { filter });
    if (page === null) return;
    this.#firstLookedTo = page.lookedTo;
    this.#pages.value = [page];
  }

  /** Reads on in a direction; drops what is furthest on the other side. */
  async more(direction: Direction): Promise<void> {
    const pages = this.#pages.peek();
    const step = direction === "older" ? pages.at(-1)?.older : pages[0]?.newer;
    if (step == null || this.reading.peek() !== null) return;
    const page = await this.#read(direction, step);
    if (page === null) return;
    const all = direction === "older" ? joined(this.#pages.peek(), [page]) : joined([page], this.#pages.peek());
    this.#pages.value = direction === "older" ? all.slice(-MOST_PAGES) : all.slice(0, MOST_PAGES);
  }

  /** Looks further back until there are more rows, all was looked at, or somebody has to say again that it goes on. */
  async lookOn(): Promise<void> {
    const { length } = this.rows.peek();
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const from = this.lookedTo.peek();
      await this.more("older");
      const to = this.lookedTo.peek();
      if (to === null || to === from || this.rows.peek().length !== length) return;
    }
  }

  /** Whether it began at a time: what is above is read on from there. */
  get isAtTime(): boolean {
    return this.#at !== null;
  }

  /** Reads the newest page, where reading on has led away from it: somebody went to the very top at once. */
  toTop(): void {
    if (!this.isAtTime && this.hasNewer.peek() && this.reading.peek() === null) this.begin();
  }

  /** Where the rows begin: the newest of them, whose id is in the order of its time, and how far back the first page looked. */
  top(): { newest: string; lookedTo: string | null } {
    return { newest: this.rows.peek()[0]?.uuid ?? "", lookedTo: this.#firstLookedTo };
  }

  /** Changes a row in place. False where there is no such row. */
  change(run: RunSummary): boolean {
    let isFound = false;
    const pages = this.#pages.peek().map((page) => {
      const index = page.items.findIndex(({ uuid }) => uuid === run.uuid);
      if (index < 0) return page;
      isFound = true;
      return { ...page, items: page.items.with(index, run) };
    });
    if (isFound) this.#pages.value = pages;
    return isFound;
  }

  /** Puts new rows where they belong among the newest that are there; what is then too many is dropped at the end, where it is read again. */
  prepend(runs: readonly RunSummary[]): void {
    const [first, ...rest] = this.#pages.peek();
    if (first === undefined) return;
    const items = [...runs, ...first.items].sort((one, other) => (one.uuid < other.uuid ? 1 : -1));
    // A page is dropped as a whole: this one would go on growing for as long as somebody looks.
    if (items.length > MOST_ROWS) return void this.begin();
    const pages = [{ ...first, items }, ...rest];
    while (countIn(pages) > MOST_ROWS) pages.pop();
    this.#pages.value = pages;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#asked.abort(new Error("no longer wanted"));
    this.#asked = new AbortController();
    this.reading.value = null;
  }

  async #read(direction: Direction, { filter, cursor }: Step): Promise<Page | null> {
    const { signal } = this.#asked;
    this.reading.value = direction;
    try {
      const options = { limit: PAGE_ROWS, signal, ...(cursor !== undefined && { cursor }) };
      const page = await platform.runs.page(filter, options);
      answered();
      this.problem.value = null;
      return this.#pageOf(filter, page, cursor === undefined);
    } catch (error) {
      if (!signal.aborted) this.#failed(problemOf(error), direction);
      return null;
    } finally {
      if (!signal.aborted) this.reading.value = null;
    }
  }

  #failed(problem: Problem, direction: Direction): void {
    this.problem.value = problem;
    const again = () => (this.isRead.peek() ? this.more(direction) : this.begin());
    if (problem.isOutage) failed(problem, again);
    if (problem.retryAfter !== null) this.#timer = setTimeout(again, problem.retryAfter * 1000);
  }

  #pageOf(filter: RunFilter, page: RunPage, isFirst: boolean): Page {
    const step = (cursor: string | null) => (cursor === null ? null : { filter, cursor });
    const { items, next_cursor, prev_cursor, looked_to: lookedTo } = page;
    const isUpwards = filter.order !== this.#filter.order;
    if (isUpwards)
      return { items: items.toReversed(), newer: step(next_cursor), older: step(prev_cursor), lookedTo: null };
    const above = isFirst && this.#at !== null ? this.#above(this.#at) : null;
    return { items, newer: step(prev_cursor) ?? above, older: step(next_cursor), lookedTo };
  }

  /** What is newer than the time that was gone to: read the other way round. */
  #above(at: string): Step | null {
    if (this.#filter.order === "asc") return null;
    return { filter: { ...this.#filter, createdFrom: at, order: "asc" } };
  }
}
