import { startedEntry } from "../../src/engine/entries.ts";
import type { Storage } from "../../src/storage/port.ts";
import type { Definitions } from "../definitions/definitions.ts";
import type { Reaches } from "../definitions/reach.ts";
import {
  ALONE,
  type Executed,
  type ExecutedEffect,
  type Executor,
  type Handed,
  type ReadyEffect,
  ThreadLost,
} from "../execution/port.ts";
import { Batches, type ReadyOptions } from "./batches.ts";
import { Facts } from "./facts.ts";
import type { HeldRun } from "./held-run.ts";
import type { Suspects } from "./suspects.ts";

export interface HandingOptions extends ReadyOptions {
  storage: Storage;
  executor: Executor;
  leaseMilliseconds: number;
}

export interface HandingParts {
  definitions: Definitions;
  reaches: Reaches;
  suspects: Suspects;
}

/** An effect of a held run. */
export interface HeldEffect extends ReadyEffect {
  held: HeldRun;
  /** Of the run, when the effect was told. */
  generation: number;
}

/** The result of a run or an effect that was handed over, or why there is none. */
export type Outcome<Result> =
  | Result
  | { kind: "lost"; guilty: boolean; error: ThreadLost }
  | { kind: "error"; error: unknown };

/** Also: the first step of a run is an effect, which is ready now; no thread was asked. */
export type Advance = Outcome<Executed> | { kind: "effect_first" };

/** Hands held runs and their effects to threads: each to the one that has its state, with that state where none has it. */
export class Handing {
  readonly #options: HandingOptions;
  readonly #parts: HandingParts;
  readonly #facts: Facts;
  readonly #ready: Batches<HeldRun>;
  readonly #onAdvance: (held: HeldRun, advance: Advance) => void;

  /** `onAdvance` gets the outcome of each run that was added. */
  constructor(options: HandingOptions, parts: HandingParts, onAdvance: (held: HeldRun, advance: Advance) => void) {
    const { clock, maxBatches } = options;
    this.#options = options;
    this.#parts = parts;
    this.#facts = new Facts(options.storage);
    this.#onAdvance = onAdvance;
    this.#ready = new Batches({ clock, maxBatches, sizeOf: ({ size }) => size }, (batch) =>
      this.#advance(batch, false),
    );
  }

  /** Has a run advanced by a thread, in one task with others of this turn unless it has to be alone. */
  add(held: HeldRun): void {
    held.isAdvancing = true;
    if (this.#parts.suspects.isAlone(held)) this.#advance([held], true);
    else this.#ready.add(held);
  }

  /** Takes back the runs that wait for a thread. */
  takeAll(): HeldRun[] {
    const waiting = this.#ready.takeAll();
    for (const held of waiting) held.isAdvancing = false;
    return waiting;
  }

  /** Has effects executed, with the definitions of their runs; gives a promise for each, in order. */
  executeEffects(batch: HeldEffect[], definitions: Map<string, string>): Promise<Outcome<ExecutedEffect>>[] {
    const { executor, leaseMilliseconds } = this.#options;
    const freest = executor.freest();
    const outcomes = new Map<HeldEffect, Promise<Outcome<ExecutedEffect>>>();
    for (const [thread, group] of Map.groupBy(batch, ({ held }) => held.thread ?? freest)) {
      const effects = group.map(({ held, path }) => {
        const effect = { ...handed(held, thread), path, effectBy: held.effectBy(leaseMilliseconds) };
        return held.trace === null ? effect : { ...effect, traceparent: held.trace.headerFor(path) };
      });
      const results = executor.executeEffects({ thread, effects, definitions });
      for (const [index, effect] of group.entries()) {
        const result = results[index];
        if (result !== undefined) outcomes.set(effect, result.catch(lost));
      }
    }
    return batch.map((effect) => outcomes.get(effect) ?? Promise.resolve({ kind: "missing" }));
  }

  /** Has the thread that keeps a run give it up, or begin nothing more of it. A thread that is gone keeps none. */
  async tell(what: "drop" | "pause", { thread, run: { uuid, token } }: HeldRun): Promise<void> {
    if (thread === null) return;
    await this.#options.executor[what](thread, { uuid, token }).catch(() => {});
  }

  async #advance(batch: HeldRun[], alone: boolean): Promise<void> {
    // A shared thread gives up the state of a run that has to be alone.
    for (const held of batch) if (alone && held.thread !== ALONE) held.loseState();
    const generations = new Map(batch.map((held) => [held, held.generation]));
    // A run that was cancelled, or whose thread was lost, meanwhile begins anew: a result for it counts for nothing.
    const isCurrent = (held: HeldRun) => held.generation === generations.get(held);
    try {
      const definitions = await this.definitionsOf(batch);
      await this.#facts.load(batch.filter((held) => this.#needsFacts(held, definitions)));
      const current = batch.filter(isCurrent);
      for (const held of batch) if (!isCurrent(held)) this.#end(held, { kind: "missing" });
      const pure = alone ? current : current.filter((held) => !this.#beginsWithEffect(held, definitions));
      const outcomes = pure.length === 0 ? [] : await this.#execute(pure, alone, definitions);
      for (const [index, held] of pure.entries()) {
        this.#end(held, (isCurrent(held) && outcomes[index]) || { kind: "missing" });
      }
    } catch (error) {
      for (const held of batch) if (held.isAdvancing) this.#end(held, { kind: "error", error });
    }
  }

  #needsFacts({ thread, facts, definition }: HeldRun, definitions: Map<string, string>): boolean {
    const text = thread === null && facts === null ? definitions.get(definition) : undefined;
    return text !== undefined && this.#parts.reaches.of(definition, text).needsFacts;
  }

  /** Has a run whose first step is an effect begin with it, so that it crosses to a thread once. */
  #beginsWithEffect(held: HeldRun, definitions: Map<string, string>): boolean {
    const { definition, log } = held;
    const text = log.isEmpty ? definitions.get(definition) : undefined;
    const effect = text === undefined ? null : this.#parts.reaches.of(definition, text).startsWith;
    if (effect === null) return false;
    held.ready = [{ path: "0", host: effect.host }];
    const begin = JSON.stringify([startedEntry("0", effect.name, this.#options.clock.now(), null)]);
    held.log.add(begin, {});
    held.trace?.add(begin);
    this.#end(held, { kind: "effect_first" });
    return true;
  }

  #end(held: HeldRun, advance: Advance): void {
    held.isAdvancing = false;
    this.#onAdvance(held, advance);
  }

  /** The definitions of runs whose state no thread has. @throws what the storage throws */
  definitionsOf(runs: HeldRun[]): Promise<Map<string, string>> {
    return this.#parts.definitions.load(runs.flatMap((held) => (held.thread === null ? [held.version] : [])));
  }

  /** Executes runs, those that no thread has on the freest or on the one for runs that are alone; outcomes in order. */
  async #execute(batch: HeldRun[], alone: boolean, definitions: Map<string, string>): Promise<Outcome<Executed>[]> {
    const freest = alone ? ALONE : this.#options.executor.freest();
    const outcomes = new Map<HeldRun, Outcome<Executed>>();
    const groups = [...Map.groupBy(batch, (held) => held.thread ?? freest)];
    await Promise.all(
      groups.map(async ([thread, runs]) => {
        const results = await this.#executeOn(thread, runs, definitions);
        for (const [index, held] of runs.entries()) outcomes.set(held, results[index] ?? { kind: "missing" });
      }),
    );
    return batch.map((held) => outcomes.get(held) ?? { kind: "missing" });
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
  const { definition, trace } = held;
  const { cancel } = held.asked;
  const inbox = held.inbox.hand();
  const more = { ...(inbox.length > 0 && { inbox }), ...(cancel !== null && { cancel }) };
  const run = { uuid, token, definition, depth, state, ...more };
  return trace === null ? run : { ...run, traceId: trace.traceId };
}

/** The outcome of a run, at an index of its task, when the task failed. */
function lost(error: unknown, index = 0): Outcome<never> {
  return error instanceof ThreadLost
    ? { kind: "lost", guilty: error.guilty === index, error }
    : { kind: "error", error };
}
