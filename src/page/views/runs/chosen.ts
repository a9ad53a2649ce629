import { signal } from "@preact/signals";
import type { RunSummary } from "../../../schemas/runs/run-summary.ts";

/** Of so many an action says beforehand what becomes of each; more are chosen by a filter. */
export const MOST_CHOSEN = 100;

/** The rows that somebody has chosen, by the ids of their runs. */
export class Chosen {
  readonly ids = signal<ReadonlySet<string>>(new Set());
  #last: string | null = null;

  /** Chooses a row, or takes that back; a range goes on from the one before. */
  toggle(id: string, rows: readonly RunSummary[], isRange = false): void {
    const ids = new Set(this.ids.peek());
    const isOn = !ids.has(id);
    const between = isRange && this.#last !== null ? idsBetween(this.#last, id, rows) : [id];
    for (const one of between) {
      if (!isOn) ids.delete(one);
      else if (ids.size < MOST_CHOSEN) ids.add(one);
    }
    this.#last = id;
    this.ids.value = ids;
  }

  clear(): void {
    this.ids.value = new Set();
    this.#last = null;
  }
}

function idsBetween(one: string, other: string, rows: readonly RunSummary[]): string[] {
  const places = [one, other].map((id) => rows.findIndex(({ uuid }) => uuid === id));
  if (places.includes(-1)) return [other];
  return rows.slice(Math.min(...places), Math.max(...places) + 1).map(({ uuid }) => uuid);
}
