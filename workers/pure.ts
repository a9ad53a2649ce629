import type { Logger } from "pino";
import type { Clock } from "../src/clock.ts";
import type { StepTypes } from "../src/connectors/index.ts";
import { messageOf } from "../src/errors.ts";
import type { Step } from "../src/schemas/workflow.ts";
import type { UnheldEnd } from "../src/storage/port.ts";
import { within } from "../src/waiting.ts";
import { type Executor, ThreadLost } from "./execution.ts";
import type { SuspectDefinitions } from "./suspects.ts";

const MAX_DEFINITIONS = 1000;
const MAX_RUNS_PER_TASK = 128;
/** After runs that were late, or took their thread along, others go the usual way for so long. */
const PAUSE_MILLISECONDS = 5000;

export interface PureExecutionOptions {
  executor: Executor;
  types: StepTypes;
  clock: Clock;
  log: Logger;
}

/** A run of pure steps that nobody holds. */
export interface PureRun {
  uuid: string;
  /** JSON text. */
  payload: string;
  /** Key of its definition. */
  definition: string;
  /** JSON text. */
  steps: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** Executes runs that nobody holds: their steps are pure, so that nothing is lost if what they come to is never written. */
export class PureExecution {
  readonly #options: PureExecutionOptions;
  readonly #suspects: SuspectDefinitions;
  /** By definition key. */
  readonly #pure = new Map<string, boolean>();
  #pausedUntil = 0;

  constructor(options: PureExecutionOptions, suspects: SuspectDefinitions) {
    this.#options = options;
    this.#suspects = suspects;
  }

  /** Whether all steps of a definition, given as JSON text, are pure. */
  isPure(definition: string, steps: string): boolean {
    const known = this.#pure.get(definition);
    if (known !== undefined) return known;
    const parsed: Step[] = JSON.parse(steps);
    const pure = parsed.every(({ type }) => this.#options.types.get(type)?.connector.kind === "pure");
    if (this.#pure.size >= MAX_DEFINITIONS) this.#pure.delete(this.#pure.keys().next().value ?? "");
    this.#pure.set(definition, pure);
    return pure;
  }

  /** Whether runs of this definition may be executed so now: not when one of them took its thread along lately. */
  isFit(definition: string): boolean {
    return this.#options.clock.monotonic() >= this.#pausedUntil && !this.#suspects.has(definition);
  }

  /** What the runs come to, in order, within so many milliseconds; null for each that has to go the usual way. */
  async execute(runs: PureRun[], milliseconds: number): Promise<(UnheldEnd | null)[]> {
    const { clock, log } = this.#options;
    const tasks: Promise<(UnheldEnd | null)[]>[] = [];
    for (let at = 0; at < runs.length; at += MAX_RUNS_PER_TASK) {
      tasks.push(this.#task(runs.slice(at, at + MAX_RUNS_PER_TASK)));
    }
    try {
      return (await within(clock, milliseconds, Promise.all(tasks), new Error("late"))).flat();
    } catch (error) {
      // Executed the usual way, a run that takes its thread along is found out, and charged.
      this.#pausedUntil = clock.monotonic() + PAUSE_MILLISECONDS;
      log.debug({ error: messageOf(error), runs: runs.length }, "not executed unheld; the runs go the usual way");
      return runs.map(() => null);
    }
  }

  async #task(runs: PureRun[]): Promise<(UnheldEnd | null)[]> {
    const definitions = new Map(runs.map(({ definition, steps }) => [definition, steps]));
    const handed = runs.map(({ uuid, payload, definition }) => ({ uuid, token: 0, definition, payload, log: "[]" }));
    try {
      const results = await this.#options.executor.execute({
        runs: handed,
        definitions,
        effectBy: null,
        alone: false,
      });
      return runs.map(({ startedAt }, index) => {
        const next = results[index]?.next;
        return next?.kind === "end" ? { ...next, startedAt } : null;
      });
    } catch (error) {
      // Noted here, where it is known even if it comes too late for those who waited.
      const guilty = error instanceof ThreadLost && error.guilty !== null ? runs[error.guilty] : undefined;
      if (guilty !== undefined) this.#suspects.add(guilty.definition);
      throw error;
    }
  }
}
