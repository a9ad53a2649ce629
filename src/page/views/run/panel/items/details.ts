/** What a list of a map's items says of each: read a page at a time, where somebody looks. */
import { signal } from "@preact/signals";
import type { RunStep } from "../../../../../schemas/lists/step-query.ts";
import { platform } from "../../../../data/platform.ts";
import { type Problem, problemOf } from "../../../../data/problem.ts";

export interface ItemDetail {
  error: string | null;
  /** When the first of its steps began and the last one ended, ISO 8601; null while that is not known. */
  from: string | null;
  to: string | null;
}

/** Steps of a page. */
const PIECE = 200;

export class ItemDetails {
  readonly known = signal<ReadonlyMap<number, ItemDetail>>(new Map());
  readonly problem = signal<Problem | null>(null);
  readonly #map: string;
  readonly #read: (from: number, signal: AbortSignal) => AsyncGenerator<RunStep, void>;
  /** Items that are known as they are now. */
  #fresh = new Set<number>();
  #asked: AbortController | null = null;

  constructor(run: string, map: string, onlyFailed: boolean) {
    const status = onlyFailed ? { status: "failed" as const } : {};
    this.#map = map;
    this.#read = (from, signal) => platform.runs.handle(run).steps({ under: map, from, ...status, signal });
  }

  /** Has the first of these items read that is not known, with those behind it; one page at a time. */
  async look(items: readonly number[]): Promise<void> {
    const from = items.find((item) => !this.#fresh.has(item));
    if (from === undefined || this.#asked !== null || this.problem.peek() !== null) return;
    const asked = new AbortController();
    this.#asked = asked;
    try {
      const steps: RunStep[] = [];
      for await (const step of this.#read(from, asked.signal)) if (steps.push(step) === PIECE) break;
      if (!asked.signal.aborted) this.#take(steps, from, items);
    } catch (error) {
      if (!asked.signal.aborted) this.problem.value = problemOf(error);
    } finally {
      if (this.#asked === asked) this.#asked = null;
    }
  }

  /** The items are other ones than before: what is known stays until it is read again. */
  changed(): void {
    this.close();
    this.#fresh = new Set();
    this.problem.value = null;
  }

  close(): void {
    this.#asked?.abort(new Error("no longer wanted"));
    this.#asked = null;
  }

  #take(steps: readonly RunStep[], from: number, items: readonly number[]): void {
    const found = Map.groupBy(steps, ({ address }) => itemOf(address, this.#map));
    const numbers = [...found.keys()];
    const last = numbers.at(-1);
    // Of the last item of a full page some steps may be on the next one.
    if (steps.length === PIECE && last !== undefined && numbers.length > 1) found.delete(last);
    const end = steps.length === PIECE ? [...found.keys()].at(-1) : items.at(-1);
    for (const item of [...found.keys(), ...items.filter((one) => one >= from && one <= (end ?? from))])
      this.#fresh.add(item);
    this.known.value = new Map([
      ...this.known.peek(),
      ...[...found].map(([item, its]) => [item, detailOf(its)] as const),
    ]);
  }
}

/** The number in an address such as `prices[3].fetch`, of the map `prices`. */
function itemOf(address: string, map: string): number {
  return Number.parseInt(address.slice(map.length + 1), 10);
}

function detailOf(steps: readonly RunStep[]): ItemDetail {
  const failed = steps.filter(({ status }) => status === "failed");
  const { error = null } = failed.find(({ handled }) => handled !== true) ?? {};
  const begun = steps.flatMap(({ started_at }) => started_at ?? []).sort();
  const ended = steps.flatMap(({ completed_at }) => completed_at ?? []).sort();
  return { error, from: begun[0] ?? null, to: ended.length === steps.length ? (ended.at(-1) ?? null) : null };
}
