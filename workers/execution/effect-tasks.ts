import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { textPassed } from "./garbage.ts";
import { type EffectExecution, type ExecutedEffect, type HandedEffect, ThreadLost } from "./port.ts";
import type { Slots } from "./slots.ts";
import type { Threads } from "./threads.ts";
import { logUnexpected } from "./unexpected.ts";
import type { Watchdog } from "./watchdog.ts";
import { type EffectResult, type TaskBase, unpackEffects } from "./wire.ts";

/** Of an effect, which waits most of its time, where a task of pure steps is 1. */
const EFFECT_LOAD = 0.001;
/** The last results of a task may overtake those that its thread posted before. */
const LATE_MILLISECONDS = 5000;

export interface EffectTasksOptions {
  clock: Clock;
  log: Logger;
  slots: Slots;
  threads: Threads;
  watchdog: Watchdog;
  baseOf(definitions: Map<string, string>): TaskBase;
}

/** Effects that were handed over together and have not all ended. */
interface EffectsUnderWay {
  /** By the index of the effect in its task; removed when its result is there. */
  effects: Map<number, { slot: number; resolve(executed: ExecutedEffect): void; reject(error: ThreadLost): void }>;
  handed: HandedEffect[];
}

/** Effects that threads execute, until their results are there or their thread is lost. */
export class EffectTasks {
  readonly #options: EffectTasksOptions;
  /** By the id of their task. */
  readonly #underWay = new Map<number, EffectsUnderWay>();
  #count = 0;

  constructor(options: EffectTasksOptions) {
    this.#options = options;
  }

  /** One promise per effect, in order; see Executor. */
  execute(execution: EffectExecution): Promise<ExecutedEffect>[] {
    const waiting = execution.effects.map(() => Promise.withResolvers<ExecutedEffect>());
    this.#run(execution, waiting);
    return waiting.map(({ promise }) => promise);
  }

  /** Takes results of effects. */
  take(packed: string[]): void {
    const results = unpackEffects(packed);
    for (const text of packed) textPassed(text);
    for (const result of results) this.#end(result);
  }

  async #run(
    { thread, effects, definitions }: EffectExecution,
    waiting: PromiseWithResolvers<ExecutedEffect>[],
  ): Promise<void> {
    const { clock, slots, threads, baseOf } = this.#options;
    const id = this.#count++;
    const underWay: EffectsUnderWay = { effects: new Map(), handed: effects };
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const taken = slots.take();
      const slot = typeof taken === "number" ? taken : await taken;
      underWay.effects.set(index, { slot, resolve, reject });
    }
    this.#underWay.set(id, underWay);
    const handed = effects.map((effect, index) => ({ ...effect, slot: underWay.effects.get(index)?.slot ?? 0 }));
    try {
      const task = { kind: "effects", ...baseOf(definitions), id, effects: handed } as const;
      this.take(await threads.run(thread, task, effects.length * EFFECT_LOAD));
      if (underWay.effects.size > 0) clock.timer(LATE_MILLISECONDS, () => this.#lose(id, null));
    } catch (error) {
      this.#lose(id, error);
    }
  }

  #end(result: EffectResult): void {
    const { slots, log } = this.#options;
    const { id, index } = result;
    const underWay = this.#underWay.get(id);
    const effect = underWay?.effects.get(index);
    if (underWay === undefined || effect === undefined) return;
    underWay.effects.delete(index);
    if (underWay.effects.size === 0) this.#underWay.delete(id);
    if (result.kind === "failed") effect.reject(new ThreadLost(0, "it failed", true, new Error(result.message)));
    else {
      logUnexpected(log, underWay.handed[index], result);
      effect.resolve(this.#withRelease(effect.slot, result));
    }
    slots.release(effect.slot);
  }

  /** The memory of a reply belongs to the run of its effect from now on. */
  #withRelease(slot: number, executed: ExecutedEffect): ExecutedEffect {
    const { replies } = this.#options.slots;
    const bytes = replies.takeOver(slot);
    return bytes === 0 ? executed : { ...executed, release: () => replies.giveBack(bytes) };
  }

  /** The thread of these effects is gone, or their results got lost. */
  #lose(id: number, error: unknown): void {
    const { slots, watchdog } = this.#options;
    for (const { slot, reject } of this.#underWay.get(id)?.effects.values() ?? []) {
      reject(watchdog.lossOf(slot, error));
      slots.release(slot);
    }
    this.#underWay.delete(id);
  }
}
