import type { AttemptOutcome } from "../../../src/metrics/table.ts";

/** What a run is given by its thread. */
export interface Surroundings {
  /** Milliseconds since the epoch, database time. */
  now(): number;
  /** Stop after every step, so that a thread that is lost takes no other step's result with it. */
  stepwise: boolean;
  /** Called before each step, as the heartbeat of the thread. */
  beat(): void;
  /** Called for each attempt of a step that ended, for the metrics. */
  attempt(type: string, outcome: AttemptOutcome, milliseconds: number): void;
}
