import type { Next } from "../../src/storage/port.ts";
import type { HeldRun } from "./held-run.ts";

/** Of a run whose effect has no place at a host that does not answer. */
const PAUSE_MILLISECONDS = 120_000;
/** Runs that are given back for a while fall due together, in times apart by this: one look of each worker finds many. */
const APART_MILLISECONDS = 250;

/** A run is given back until a time; Infinity for one that waits for its inbox alone. */
export function dueAt(time: number): Next {
  return { kind: "due", dueAt: time === Number.POSITIVE_INFINITY ? null : time };
}

/** When a run is due whose effects have no place for so long: one that has something to do before is due then. */
export function dueAfterPause(held: HeldRun, milliseconds: number, now: number): number {
  const at = now + Math.min(milliseconds, longestPauseOf(held));
  return Math.min(held.wakeAt ?? Number.POSITIVE_INFINITY, Math.ceil(at / APART_MILLISECONDS) * APART_MILLISECONDS);
}

/** How long a run is given back at most when there is no place for its effect: spread, so that not all come again at once. */
function longestPauseOf({ run }: HeldRun): number {
  const part = Number.parseInt(run.uuid.slice(-4), 16) / 0x10000;
  return PAUSE_MILLISECONDS * (1 + part);
}
