/**
 * What threads count, in memory that they share with the main thread: each has a lane, as in SharedProgress, which it alone writes.
 * A thread that takes the lane of a dead one goes on with its numbers, so that no total falls.
 */
import { Counter, Histogram } from "../../src/metrics/counts.ts";
import {
  ATTEMPT_OUTCOMES,
  type AttemptOutcome,
  STEP_BOUNDS,
  stepAttempts,
  WEBHOOK_OUTCOMES,
  type WebhookOutcome,
  webhookRequests,
} from "../../src/metrics/table.ts";
import { LANES } from "./shared.ts";

/** Stands for step types that this platform does not have. */
const OTHER = "other";
const ATTEMPT_CELLS = Histogram.cells(STEP_BOUNDS);

export class SharedCounts {
  readonly #cells: Float64Array;
  readonly #stepTypes: readonly string[];

  constructor(buffer: ArrayBufferLike, stepTypes: readonly string[]) {
    this.#cells = new Float64Array(buffer);
    this.#stepTypes = stepTypes;
  }

  static bytes(stepTypes: readonly string[]): number {
    return LANES * cellsOf(stepTypes) * Float64Array.BYTES_PER_ELEMENT;
  }

  /** For the thread that has this lane. */
  lane(lane: number): Counts {
    const cells = cellsOf(this.#stepTypes);
    return new Counts(this.#stepTypes, this.#cells.subarray(lane * cells, (lane + 1) * cells));
  }

  /** Adds what the first lanes have, of those that may have been taken so often, to `cells`. */
  addTo(cells: Float64Array, taken: number): void {
    const length = cells.length * Math.min(taken, LANES);
    for (let index = 0; index < length; index++) {
      const at = index % cells.length;
      cells[at] = (cells[at] ?? 0) + (this.#cells[index] ?? 0);
    }
  }
}

/** Shows what the threads of several pools counted as the numbers of this process. */
export function publish(
  stepTypes: readonly string[],
  pools: readonly { counts: SharedCounts; lanesTaken: number }[],
): void {
  const cells = new Float64Array(cellsOf(stepTypes));
  for (const { counts, lanesTaken } of pools) counts.addTo(cells, lanesTaken);
  new Counts(stepTypes, cells).publish();
}

/** The numbers of one thread, or of all. */
export class Counts {
  readonly #attempts: ReadonlyMap<string, Record<AttemptOutcome, Histogram>>;
  readonly #webhooks: ReadonlyMap<WebhookOutcome, Counter>;

  constructor(stepTypes: readonly string[], cells: Float64Array) {
    let at = 0;
    const next = (count: number) => {
      at += count;
      return cells.subarray(at - count, at);
    };
    const histogram = () => new Histogram(STEP_BOUNDS, next(ATTEMPT_CELLS));
    this.#attempts = new Map(
      [...stepTypes, OTHER].map((type) => [type, { success: histogram(), failed: histogram(), retried: histogram() }]),
    );
    this.#webhooks = new Map(WEBHOOK_OUTCOMES.map((outcome) => [outcome, new Counter(next(1))]));
  }

  /** An attempt of a step ended. */
  attempt(type: string, outcome: AttemptOutcome, milliseconds: number): void {
    const ofType = this.#attempts.get(type) ?? this.#attempts.get(OTHER);
    ofType?.[outcome].observe(Math.max(0, milliseconds) / 1000);
  }

  /** A request of a webhook ended. */
  webhook(outcome: WebhookOutcome): void {
    this.#webhooks.get(outcome)?.add();
  }

  publish(): void {
    for (const [type, { success, failed, retried }] of this.#attempts) {
      stepAttempts.of({ type, outcome: "success" }).copy(success);
      stepAttempts.of({ type, outcome: "failed" }).copy(failed);
      stepAttempts.of({ type, outcome: "retried" }).copy(retried);
    }
    for (const [outcome, counter] of this.#webhooks) webhookRequests.of({ outcome }).copy(counter);
  }
}

/** Numbers of one lane. */
function cellsOf(stepTypes: readonly string[]): number {
  return (stepTypes.length + 1) * ATTEMPT_OUTCOMES.length * ATTEMPT_CELLS + WEBHOOK_OUTCOMES.length;
}
