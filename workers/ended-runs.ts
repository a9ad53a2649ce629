import type { Counter } from "../src/metrics/counts.ts";
import { runsEnded } from "../src/metrics/table.ts";
import type { CompletedEvent } from "../src/schemas/runs/event.ts";
import type { EndedStatus } from "../src/schemas/runs/run.ts";

/** Each workflow is three numbers that every scrape repeats for ever. */
const MOST_NAMED = 200;
/** Where there are many with few runs each, these do not use the names up. */
const ENDS_BEFORE = 10;
const MOST_REMEMBERED = 1000;

/** Counts runs that ended by their workflow. What was counted stays where it is, so that no number falls. */
export class EndedRuns {
  readonly #named = new Map<string, Record<EndedStatus, Counter>>();
  /** How many runs of others ended; the latest last. */
  readonly #ends = new Map<string, number>();
  readonly #other = countersOf("other");

  add({ workflow_id, status }: CompletedEvent): void {
    const counters = this.#named.get(workflow_id) ?? this.#notNamed(workflow_id);
    counters[status].add();
  }

  #notNamed(workflow: string): Record<EndedStatus, Counter> {
    if (this.#named.size === MOST_NAMED) return this.#other;
    const ends = this.#ends.get(workflow) ?? 0;
    this.#ends.delete(workflow);
    if (ends < ENDS_BEFORE) {
      if (this.#ends.size === MOST_REMEMBERED) this.#ends.delete(this.#ends.keys().next().value ?? "");
      this.#ends.set(workflow, ends + 1);
      return this.#other;
    }
    const counters = countersOf(workflow);
    this.#named.set(workflow, counters);
    return counters;
  }
}

function countersOf(workflow: string): Record<EndedStatus, Counter> {
  return {
    success: runsEnded.of({ workflow, status: "success" }),
    failed: runsEnded.of({ workflow, status: "failed" }),
    cancelled: runsEnded.of({ workflow, status: "cancelled" }),
  };
}
