/** Numbers of runs by time. */
import type { EndedStatus } from "../../../schemas/runs/run.ts";

/** What is counted: runs that were made, and runs that ended in a status. */
export type Counted = "created" | EndedStatus;

export type Counts = Record<Counted, number>;

/** A time of which numbers are asked for, until now. */
export interface CountsAsked {
  namespace: string;
  /** When it begins, and how long the parts are that it falls into; whole minutes since 1970, the first a multiple of the second. */
  from: number;
  minutes: number;
  /** Workflows that are told apart: those with the most failed runs, then with the most. */
  workflows: number;
}

export interface CountsFound {
  /** Parts with runs, by when they begin: minutes since 1970. */
  parts: (Counts & { at: number })[];
  workflows: (Counts & { workflowUuid: string })[];
  /** Of the first MOST_FAILING of these, the parts in which runs of them failed. */
  failures: { workflowUuid: string; at: number; failed: number }[];
}

/** Workflows of which it is told when runs of them failed. */
export const MOST_FAILING = 10;

/** Minutes are told apart for so long at least; hours for eight days. */
export const MINUTES_KEPT = 120;
export const HOURS_KEPT_MINUTES = 8 * 24 * 60;

/** The workflows of which it is looked for when they failed. */
export function failingOf(workflows: CountsFound["workflows"]): string[] {
  return workflows.flatMap(({ workflowUuid, failed }) => (failed > 0 ? [workflowUuid] : [])).slice(0, MOST_FAILING);
}

/** Minutes since 1970. @param now milliseconds */
export function minuteOf(now: number): number {
  return Math.floor(now / 60_000);
}
