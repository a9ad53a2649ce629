import type { Clock } from "../../../src/clock.ts";
import type { HeldRun } from "../held-run.ts";
import type { Holdings } from "../holdings.ts";

/** How often it is looked, so that what lasts less than this is written with its end. */
const LOOK_MILLISECONDS = 1000;

/**
 * Has the begins of effects written that last. Nothing else needs them: a worker that begins again computes them anew. But
 * whoever looks at the run would not see what it is at, nor, where it is cancelled after a crash, that something was sent.
 */
export class LastingEffects {
  readonly #clock: Clock;
  readonly #holdings: Pick<Holdings, "all">;
  readonly #save: (held: HeldRun) => void;
  #cancelTimer: () => void = () => {};

  /** `save` writes the progress of a run, which is held on. */
  constructor(clock: Clock, holdings: Pick<Holdings, "all">, save: (held: HeldRun) => void) {
    this.#clock = clock;
    this.#holdings = holdings;
    this.#save = save;
    this.#lookLater();
  }

  stop(): void {
    this.#cancelTimer();
  }

  #lookLater(): void {
    this.#cancelTimer = this.#clock.timer(LOOK_MILLISECONDS, () => {
      for (const held of this.#holdings.all()) if (isAtEffects(held) && held.log.ages()) this.#save(held);
      this.#lookLater();
    });
  }
}

/** Whether a run waits for effects, and no write of it is under way or to come. */
function isAtEffects({ underWay, isAdvancing, saving, end, mustSave, isGivenBack, asked }: HeldRun): boolean {
  const isQuiet = !isAdvancing && saving === null && end === null && !mustSave && !isGivenBack;
  return underWay > 0 && isQuiet && asked.cancel === null && !asked.isCancelling && !asked.isPausing;
}
