/** Times in which a run stood still, as its log tells of them. */
import { isoTime } from "../../clock.ts";
import { type LogEntry, PAUSED } from "./log.ts";

/** JSON text of the entries for a pause. Times are milliseconds since the epoch. */
export function pauseText(from: number, to: number): string {
  const times = { started_at: isoTime(from), completed_at: isoTime(to) };
  return JSON.stringify([
    [PAUSED, { step_name: PAUSED, status: "success", ...times, output: null, error: null }, null],
  ]);
}

/** How long the run stood still, in milliseconds, if an entry says that; else null. */
export function pauseOf([path, { started_at, completed_at }]: LogEntry): number | null {
  if (path !== PAUSED) return null;
  return Math.max(0, Date.parse(completed_at ?? "") - Date.parse(started_at ?? ""));
}
