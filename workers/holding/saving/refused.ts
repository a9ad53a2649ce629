import type { Logger } from "pino";
import type { Clock } from "../../../src/clock.ts";
import { describeFailure } from "../../../src/step-failures.ts";
import type { Refusal } from "../../../src/storage/port.ts";
import type { Reaches } from "../../definitions/reach.ts";
import { namesOf } from "../../tracing/names.ts";
import { failBetween } from "../control/end-between.ts";
import type { Handing } from "../handing.ts";
import type { HeldRun } from "../held-run.ts";

const REFUSED = describeFailure("progress_refused", {});

export interface RefusedOptions {
  clock: Clock;
  log: Logger;
}

export interface RefusedParts {
  handing: Pick<Handing, "tell">;
  reaches: Pick<Reaches, "onFailureOf">;
}

/**
 * Fails runs whose progress the storage refuses, for a reason that nobody foresaw: given back, such a run would be executed again, come to
 * the same, and be refused again, without end.
 */
export class RefusedRuns {
  readonly #options: RefusedOptions;
  readonly #parts: RefusedParts;
  readonly #next: (held: HeldRun) => void;
  /** How often each was to be failed: more than once where that was refused as well. */
  readonly #times = new WeakMap<HeldRun, number>();

  /** `next` does the next thing for a run. */
  constructor(options: RefusedOptions, parts: RefusedParts, next: (held: HeldRun) => void) {
    this.#options = options;
    this.#parts = parts;
    this.#next = next;
  }

  /** Has a run end as failed, with the steps that are stored, or else with none. False where that was refused too. */
  fail(held: HeldRun, { code, reason }: Refusal): boolean {
    const times = (this.#times.get(held) ?? 0) + 1;
    this.#times.set(held, times);
    const message = times === 1 ? "progress refused; the run fails" : "the end of a run refused";
    this.#options.log.error({ ...namesOf(held), code, reason }, message);
    if (times > 2) return false;
    void this.#end(held, times === 1);
    return true;
  }

  /** What its thread does for it is given up first, as for a cancel: nothing more of it begins. */
  async #end(held: HeldRun, withSteps: boolean): Promise<void> {
    held.end = null;
    held.again = false;
    held.mustSave = false;
    held.asked.isCancelling = true;
    const dropped = this.#parts.handing.tell("drop", held);
    held.loseState();
    held.log.refused();
    await dropped;
    held.asked.isCancelling = false;
    if (withSteps) failBetween(held, REFUSED, this.#parts.reaches, this.#options.clock.now());
    else held.end = { kind: "end", status: "failed", error: REFUSED.error, stepResults: "{}" };
    this.#next(held);
  }
}
