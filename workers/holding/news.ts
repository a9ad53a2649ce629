import type { RunKey } from "../../src/schemas/runs/run.ts";
import type { Progress } from "../../src/storage/port.ts";
import type { HeldRun } from "./held-run.ts";

export interface NewsReceiver {
  /** Something came into the inboxes of these runs, which may be held elsewhere. */
  wake(runs: RunKey[]): void;
  /** Some run is due at a time, milliseconds since the epoch. */
  onGivenBack(dueAt: number): void;
}

/** Says what the progress of a run, which is stored, means for when it goes on, and for other runs. */
export function tell(held: HeldRun, progress: Progress, now: number, { wake, onGivenBack }: NewsReceiver): void {
  const { namespace, uuid, parentUuid } = held.run;
  const { children = [], left = [], next } = progress;
  // Those that it started, or waits for no more.
  if (children.length + left.length > 0) onGivenBack(now);
  if (next.kind === "end" && parentUuid !== null) wake([{ namespace, uuid: parentUuid }]);
  // Its inbox has the ids of those that it does not wait for.
  if (next.kind === "hold" && children.some(({ isAwaited }) => !isAwaited)) wake([{ namespace, uuid }]);
  if (next.kind !== "due") return;
  const dueAt = held.isWoken ? now : next.dueAt;
  if (dueAt !== null) onGivenBack(dueAt);
}
