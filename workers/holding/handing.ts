import {
  ALONE,
  type Executed,
  type ExecutedEffect,
  type Executor,
  type Handed,
  ThreadLost,
} from "../execution/port.ts";
import type { ReadyEffect } from "../execution/thread/thread-run.ts";
import type { Definitions } from "./definitions.ts";
import type { HeldRun } from "./held-run.ts";

export interface HandingOptions {
  executor: Executor;
  leaseMilliseconds: number;
}

/** An effect of a held run. */
export interface HeldEffect extends ReadyEffect {
  held: HeldRun;
  /** Of the run, when the effect was told. */
  generation: number;
}

/** What became of what was handed over, or why nothing is known of it. */
export type Outcome<Result> =
  | Result
  | { kind: "lost"; guilty: boolean; error: ThreadLost }
  | { kind: "error"; error: unknown };

/** Hands held runs to threads: each to the one that has its state, with that state where none has it. */
export class Handing {
  readonly #options: HandingOptions;
  readonly #definitions: Definitions;

  constructor(options: HandingOptions, definitions: Definitions) {
    this.#options = options;
    this.#definitions = definitions;
  }

  /** The definitions of runs that no thread has. @throws what the storage throws */
  definitionsOf(runs: HeldRun[]): Promise<Map<string, string>> {
    return this.#definitions.load(runs.flatMap((held) => (held.thread === null ? [held.version] : [])));
  }

  /** Has runs advanced, those that no thread has on one that is `alone` or not; gives what became of each, in order. */
  async execute(batch: HeldRun[], alone: boolean, definitions: Map<string, string>): Promise<Outcome<Executed>[]> {
    const fresh = alone ? ALONE : this.#options.executor.freest();
    const outcomes = new Map<HeldRun, Outcome<Executed>>();
    const groups = [...Map.groupBy(batch, (held) => held.thread ?? fresh)];
    await Promise.all(
      groups.map(async ([thread, runs]) => {
        const results = await this.#executeOn(thread, runs, definitions);
        for (const [index, held] of runs.entries()) outcomes.set(held, results[index] ?? { kind: "missing" });
      }),
    );
    return batch.map((held) => outcomes.get(held) ?? { kind: "missing" });
  }

  /** Has effects started; gives what becomes of each, in order. */
  executeEffects(batch: HeldEffect[], definitions: Map<string, string>): Promise<Outcome<ExecutedEffect>>[] {
    const { executor, leaseMilliseconds } = this.#options;
    const fresh = executor.freest();
    const outcomes = new Map<HeldEffect, Promise<Outcome<ExecutedEffect>>>();
    for (const [thread, group] of Map.groupBy(batch, ({ held }) => held.thread ?? fresh)) {
      const effects = group.map(({ held, path }) => ({
        ...handed(held, thread),
        path,
        effectBy: held.effectBy(leaseMilliseconds),
      }));
      const results = executor.executeEffects({ thread, effects, definitions });
      for (const [index, effect] of group.entries()) {
        const result = results[index];
        if (result !== undefined) outcomes.set(effect, result.catch(lost));
      }
    }
    return batch.map((effect) => outcomes.get(effect) ?? Promise.resolve({ kind: "missing" }));
  }

  /** Has the thread that knows a run give it up; a thread that is gone has. */
  async drop({ thread, run: { uuid, token } }: HeldRun): Promise<void> {
    if (thread === null) return;
    await this.#options.executor.drop(thread, { uuid, token }).catch(() => {});
  }

  async #executeOn(thread: number, runs: HeldRun[], definitions: Map<string, string>): Promise<Outcome<Executed>[]> {
    const execution = { thread, runs: runs.map((held) => handed(held, thread)), definitions };
    try {
      return await this.#options.executor.execute(execution);
    } catch (error) {
      return runs.map((_, index) => lost(error, index));
    }
  }
}

function handed(held: HeldRun, thread: number): Handed {
  const { uuid, token, depth } = held.run;
  const state = held.thread === null ? held.state : null;
  held.thread = thread;
  return { uuid, token, definition: held.definition, depth, state };
}

/** What is known of a run, at an index of its task, when the task failed. */
function lost(error: unknown, index = 0): Outcome<never> {
  return error instanceof ThreadLost
    ? { kind: "lost", guilty: error.guilty === index, error }
    : { kind: "error", error };
}
