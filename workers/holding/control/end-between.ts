import type { Interruption } from "../../../src/schemas/log/interrupted.ts";
import type { EndedStatus } from "../../../src/schemas/runs/run.ts";
import type { HeldRun } from "../held-run.ts";

/** Ends a run while steps of it are under way: they fail with it, or are skipped. `now`: milliseconds since the epoch. */
export function endBetween(held: HeldRun, status: EndedStatus, reason: Interruption, now: number): void {
  const stepResults = held.log.interrupted(reason, now);
  held.end = { kind: "end", status, error: reason.error, stepResults };
}
