import type { Window } from "../../../schemas/lists/stats.ts";

/** The windows that numbers are there for, with their names. */
export const WINDOWS = [
  ["15m", "last 15 minutes"],
  ["1h", "last hour"],
  ["24h", "last 24 hours"],
  ["7d", "last 7 days"],
] as const satisfies readonly (readonly [Window, string])[];

/** The one that is chosen; the address of lists has it as `from=-1h`. */
export function windowOf(query: URLSearchParams): Window {
  return WINDOWS.find(([name]) => name === query.get("window"))?.[0] ?? "1h";
}
