import { runOnInterruption } from "../../../src/engine/on-failure.ts";
import type { Interruption } from "../../../src/schemas/log/interrupted.ts";
import type { EndedStatus } from "../../../src/schemas/runs/run.ts";
import type { Reaches } from "../../definitions/reach.ts";
import type { HeldRun } from "../held-run.ts";

/** Ends a run while steps of it are under way: they fail with it, or are skipped. `now`: milliseconds since the epoch. */
export function endBetween(held: HeldRun, status: EndedStatus, reason: Interruption, now: number): void {
  const stepResults = held.log.interrupted(reason, now);
  held.end = { kind: "end", status, error: reason.error, stepResults };
}

/** Fails a run so, and has the run started that its definition has for that. */
export function failBetween(
  held: HeldRun,
  reason: Interruption,
  reaches: Pick<Reaches, "onFailureOf">,
  now: number,
): void {
  endBetween(held, "failed", reason, now);
  const onFailure = reaches.onFailureOf(held.definition);
  // A thread was handed the facts with its state: such definitions need them.
  if (onFailure === null || held.run.isOnFailure || held.facts === null) return;
  held.log.addStarted(runOnInterruption(onFailure, held.facts, held.run.payload, reason, now));
}
