import type { Clock } from "../../../src/clock.ts";
import type { Cancel } from "../../../src/schemas/control/control.ts";
import { CANCELLED } from "../../../src/schemas/log/interrupted.ts";
import type { Effects } from "../effects/effects.ts";
import type { Handing } from "../handing.ts";
import type { HeldRun } from "../held-run.ts";
import type { Holdings } from "../holdings.ts";
import { endBetween } from "./end-between.ts";

export interface RequestsParts {
  holdings: Holdings;
  handing: Handing;
  effects: Effects;
}

/** Carries out what is asked of held runs: to be cancelled, or to stand still. */
export class Requests {
  readonly #clock: Clock;
  readonly #parts: RequestsParts;
  readonly #next: (held: HeldRun) => void;

  /** `next` does the next thing for a run. */
  constructor(clock: Clock, parts: RequestsParts, next: (held: HeldRun) => void) {
    this.#clock = clock;
    this.#parts = parts;
    this.#next = next;
  }

  /**
   * Cancels a run: its thread gives it up, and begins again with its log, which says from then on that it was cancelled. If its
   * end is known already, that is written instead.
   */
  async cancel(held: HeldRun, cancel: Cancel): Promise<void> {
    const { holdings, handing } = this.#parts;
    const { asked } = held;
    if (!holdings.has(held) || held.end !== null) return;
    // A second request matters only where it forbids what the first one asked for.
    if (asked.cancel !== null && (cancel.compensates || !asked.cancel.compensates)) return;
    asked.cancel = cancel;
    asked.isCancelling = true;
    const dropped = handing.tell("drop", held);
    held.loseState();
    await dropped;
    if (asked.cancel !== cancel) return;
    asked.isCancelling = false;
    asked.isPausing = false;
    // Nothing of it was done that is to be undone.
    if (held.log.isEmpty) endBetween(held, "cancelled", CANCELLED, this.#clock.now());
    else held.again = true;
    this.#next(held);
  }

  /** Has nothing more of a run begin. Once what is under way is over it is given back, and the storage lets nobody claim it. */
  async pause(held: HeldRun): Promise<void> {
    const { holdings, handing, effects } = this.#parts;
    const { asked } = held;
    if (!holdings.has(held) || held.end !== null || asked.cancel !== null || asked.isPausing) return;
    asked.isPausing = true;
    held.cancelWake();
    effects.takeBackOf(held);
    await handing.tell("pause", held);
    this.#next(held);
  }
}
