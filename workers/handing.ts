import type { Logger } from "pino";
import type { Clock } from "../src/clock.ts";
import { messageOf } from "../src/errors.ts";
import type { Advanced } from "./advance.ts";
import type { Definitions } from "./definitions.ts";
import { type Executor, ThreadLost } from "./execution.ts";
import type { HeldRun } from "./held.ts";
import type { PureExecution } from "./pure.ts";

const RETRY_MILLISECONDS = 200;

export interface HandingOptions {
  executor: Executor;
  clock: Clock;
  log: Logger;
  leaseMilliseconds: number;
}

/** What becomes of runs that were handed over. */
export interface HandedRuns {
  isAlone(held: HeldRun): boolean;
  /** It came so far. */
  settle(held: HeldRun, advanced: Advanced): void;
  /** Its first step is an effect. */
  beginWithEffect(held: HeldRun): void;
  /** Nobody waits for any of them. */
  isForgotten(batch: HeldRun[]): boolean;
  /** Its thread was lost. */
  lost(held: HeldRun, guilty: boolean, effect: boolean, error: ThreadLost): void;
  /** They are to be executed once more. */
  again(batch: HeldRun[]): void;
}

/** Hands held runs to the threads, with their definitions, and takes back how far they came. */
export class Handing {
  readonly #options: HandingOptions;
  readonly #definitions: Definitions;
  readonly #pure: PureExecution;
  readonly #runs: HandedRuns;

  constructor(options: HandingOptions, definitions: Definitions, pure: PureExecution, runs: HandedRuns) {
    this.#options = options;
    this.#definitions = definitions;
    this.#pure = pure;
    this.#runs = runs;
  }

  async execute(all: HeldRun[]): Promise<void> {
    let batch = all;
    try {
      const definitions = await this.#definitions.load(all.map(({ version }) => version));
      batch = all.filter((held) => !this.#beginsWithEffect(held, definitions));
      if (batch.length === 0) return;
      const runs = batch.map((held) => held.handed());
      const alone = batch.some((held) => this.#runs.isAlone(held));
      const results = await this.#options.executor.execute({ runs, definitions, alone });
      for (const [index, held] of batch.entries()) {
        const result = results[index];
        if (result !== undefined) this.#runs.settle(held, result);
      }
    } catch (error) {
      this.#onFailure(batch, error, false);
    }
  }

  /** Has a run whose first step is an effect begin with it. */
  #beginsWithEffect(held: HeldRun, definitions: Map<string, string>): boolean {
    const { definition } = held;
    const steps = definitions.get(definition);
    if (!held.isAtItsBeginning || steps === undefined) return false;
    if (!this.#pure.reachOf(definition, steps).startsWithEffect) return false;
    this.#runs.beginWithEffect(held);
    return true;
  }

  async executeEffects(batch: HeldRun[], onEnd: () => void): Promise<void> {
    const { executor, leaseMilliseconds } = this.#options;
    const alone = batch.some((held) => this.#runs.isAlone(held));
    try {
      const definitions = await this.#definitions.load(batch.map(({ version }) => version));
      const runs = batch.map((held) => held.handed());
      const effectBy = batch.map((held) => held.effectBy(leaseMilliseconds));
      const results = executor.executeEffects({ runs, definitions, effectBy, alone });
      await Promise.all(batch.map((held, index) => this.#settleEffect(held, results[index], onEnd)));
    } catch (error) {
      this.#onFailure(batch, error, true);
      for (const _ of batch) onEnd();
    }
  }

  async #settleEffect(held: HeldRun, result: Promise<Advanced> | undefined, onEnd: () => void): Promise<void> {
    try {
      if (result !== undefined) this.#runs.settle(held, await result);
    } catch (error) {
      this.#onFailure([held], error, true);
    }
    onEnd();
  }

  #onFailure(batch: HeldRun[], error: unknown, effects: boolean): void {
    const { log, clock } = this.#options;
    // Given back, its runs are another's: at a stop the threads end with the webhooks that were not waited for.
    if (this.#runs.isForgotten(batch)) return;
    if (error instanceof ThreadLost) {
      const { guilty, reason, cause } = error;
      const run_id = guilty === null ? null : batch[guilty]?.run.uuid;
      log.warn({ run_id, reason, cause: messageOf(cause) }, "thread lost");
      for (const [index, held] of batch.entries()) this.#runs.lost(held, index === guilty, effects, error);
    } else {
      log.error({ error: messageOf(error), runs: batch.length }, "execution failed");
      clock.timer(RETRY_MILLISECONDS, () => this.#runs.again(batch));
    }
  }
}
