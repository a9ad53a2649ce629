import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { crashesCharged } from "../../src/metrics/table.ts";
import { describeFailure } from "../../src/step-failures.ts";
import type { Reaches } from "../definitions/reach.ts";
import type { ThreadLost } from "../execution/port.ts";
import { RecentKeys } from "../recent.ts";
import { namesOf } from "../tracing/names.ts";
import { failBetween } from "./control/end-between.ts";
import { type HeldRun, MAX_LOSSES } from "./held-run.ts";

/** How long the runs of a definition are executed alone after a thread was lost under one of them. */
const APART_MILLISECONDS = 600_000;

/** Definitions with a run under which a thread was lost: their runs are executed alone, so that they delay no others. */
export class Suspects {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #definitions: RecentKeys;
  readonly #reaches: Pick<Reaches, "onFailureOf">;

  constructor({ clock, log }: { clock: Clock; log: Logger }, reaches: Pick<Reaches, "onFailureOf">) {
    this.#reaches = reaches;
    this.#clock = clock;
    this.#log = log;
    this.#definitions = new RecentKeys(clock, APART_MILLISECONDS);
  }

  /** Whether a run has to be alone on its thread. One with effects under way is left on the thread that has them. */
  isAlone(held: HeldRun): boolean {
    return held.underWay === 0 && (held.suspect || this.has(held.definition));
  }

  /** Whether a thread was lost lately under a run of this definition. */
  has(definition: string): boolean {
    return this.#definitions.has(definition);
  }

  add(definition: string): void {
    this.#definitions.add(definition);
  }

  /** A run's thread was lost, under it or under another one. */
  note(held: HeldRun, guilty: boolean, { reason, charged, cause }: ThreadLost, isEffect: boolean): void {
    // A batch names its run exactly. An effect may have been under way by chance: after two losses its run is alone.
    held.suspicion += guilty ? 2 : isEffect ? 1 : 0;
    if (!guilty) return;
    this.#log.warn({ ...namesOf(held), reason, cause: messageOf(cause) }, "thread lost");
    this.add(held.definition);
    if (charged) this.#charge(held, reason);
  }

  /** A thread was lost for this reason while it executed the run: that may try again, or ends in the middle of its step. */
  #charge(held: HeldRun, reason: string): void {
    held.crashes++;
    crashesCharged.of({}).add();
    held.mustSave = true;
    if (held.crashes < MAX_LOSSES) return;
    const crashed = describeFailure("crashed", { count: MAX_LOSSES, reason });
    failBetween(held, crashed, this.#reaches, this.#clock.now());
  }
}
