/** The items of a map as cells: where each stands, and where keys go from it. */
import type { KnownStatus } from "../../../../shared/status/statuses.ts";

/** The status that a letter of the API stands for; one of a newer server is unknown. */
export function statusOf(letter: string | undefined): KnownStatus {
  return LETTERS[letter ?? ""] ?? "unknown";
}

const LETTERS: Record<string, KnownStatus> = {
  s: "success",
  f: "failed",
  r: "running",
  k: "skipped",
  ".": "unreached",
};

/** What is said of an item. */
export function wordOf(letter: string | undefined): string {
  const status = statusOf(letter);
  if (status === "skipped") return "called off";
  return status === "unreached" ? "not begun, or nothing of it is kept" : status;
}

export interface Grid {
  /** Pixels of a cell with its gap. */
  cell: number;
  columns: number;
  rows: number;
}

/** Larger cells where there are few. */
const SIZES = [
  [400, 15],
  [2500, 10],
  [Number.POSITIVE_INFINITY, 7],
] as const;

/** @param width in pixels */
export function gridOf(count: number, width: number): Grid {
  const cell = SIZES.find(([most]) => count <= most)?.[1] ?? 7;
  const columns = Math.max(1, Math.floor(width / cell));
  return { cell, columns, rows: Math.ceil(count / columns) };
}

/** How many items are in each status, by the letter. */
export function countsOf(items: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const letter of items) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  return counts;
}

/** The items that are listed, by their numbers. */
export function listed(items: string, onlyFailed: boolean): number[] {
  const all = Array.from(items, (_, item) => item);
  return onlyFailed ? all.filter((item) => items[item] === "f") : all;
}

/** Where a key goes from an item; null of one that means nothing. Among those that failed it goes from one to the next. */
export function movedTo(key: string, at: number, items: string, columns: number, onlyFailed: boolean): number | null {
  const last = items.length - 1;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns, Home: -last, End: last };
  const step = Object.entries(steps).find(([name]) => name === key)?.[1];
  if (step === undefined) return null;
  if (!onlyFailed) return Math.max(0, Math.min(last, at + step));
  if (key === "Home") return found(items.indexOf("f"), at);
  if (key === "End") return found(items.lastIndexOf("f"), at);
  return found(step > 0 ? items.indexOf("f", at + 1) : at === 0 ? -1 : items.lastIndexOf("f", at - 1), at);
}

function found(index: number, otherwise: number): number {
  return index < 0 ? otherwise : index;
}
