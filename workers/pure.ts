import type { Logger } from "pino";
import type { Clock } from "../src/clock.ts";
import type { StepTypes } from "../src/connectors/index.ts";
import { compile, kindsIn } from "../src/engine/plan.ts";
import { messageOf } from "../src/errors.ts";
import { lru } from "../src/lru.ts";
import type { Step } from "../src/schemas/workflow.ts";
import { within } from "../src/waiting.ts";
import type { Advanced } from "./advance.ts";
import { type Executor, ThreadLost } from "./execution.ts";
import type { RecentKeys } from "./recent.ts";

const MAX_BYTES = 512 * 1024;
const MAX_RUNS_PER_TASK = 128;
/** After runs that were late, or took their thread along, others go the usual way for so long. */
const PAUSE_MILLISECONDS = 5000;

export interface PureExecutionOptions {
  executor: Executor;
  types: StepTypes;
  clock: Clock;
  log: Logger;
}

/** A run that nobody holds. */
export interface PureRun {
  uuid: string;
  /** JSON text. */
  payload: string;
  /** JSON array text of its log so far. */
  log: string;
  /** Key of its definition. */
  definition: string;
  /** JSON text. */
  steps: string;
}

/** What runs of a definition come to. */
export interface Reach {
  first: "end" | "wait" | "effect";
  /** Whether that is an effect that no other step comes before. */
  startsWithEffect: boolean;
  /** Whether an effect comes anywhere. */
  effects: boolean;
}

/** Executes runs that nobody holds, up to an effect: nothing is lost if what they come to is never written. */
export class PureExecution {
  readonly #options: PureExecutionOptions;
  readonly #suspects: RecentKeys;
  /** By definition key. */
  readonly #reaches = lru<Reach>({ maxBytes: MAX_BYTES, bytesOf: () => 50 });
  #pausedUntil = 0;

  /** `suspects`: keys of definitions under which a thread was lost lately. */
  constructor(options: PureExecutionOptions, suspects: RecentKeys) {
    this.#options = options;
    this.#suspects = suspects;
  }

  /** What runs of a definition come to; its steps are given as JSON text. */
  reachOf(definition: string, steps: string): Reach {
    const known = this.#reaches.get(definition);
    if (known !== undefined) return known;
    const parsed: Step[] = JSON.parse(steps);
    const kinds = [...kindsIn(compile(parsed, this.#options.types).root)];
    const first = kinds.find((kind) => kind !== "pure") ?? "end";
    const reach: Reach = { first, startsWithEffect: kinds[0] === "effect", effects: kinds.includes("effect") };
    this.#reaches.set(definition, reach);
    return reach;
  }

  /** Whether runs of this definition may be executed so now: not when one of them took its thread along lately. */
  isFit(definition: string): boolean {
    return this.#options.clock.monotonic() >= this.#pausedUntil && !this.#suspects.has(definition);
  }

  /** How far the runs come, in order, within so many milliseconds; null for each that has to go the usual way. */
  async execute(runs: PureRun[], milliseconds: number): Promise<(Advanced | null)[]> {
    const { clock, log } = this.#options;
    const tasks: Promise<Advanced[]>[] = [];
    for (let at = 0; at < runs.length; at += MAX_RUNS_PER_TASK) {
      tasks.push(this.#task(runs.slice(at, at + MAX_RUNS_PER_TASK)));
    }
    try {
      return (await within(clock, milliseconds, Promise.all(tasks), () => new Error("late"))).flat();
    } catch (error) {
      // Executed the usual way, a run that takes its thread along is found out, and charged.
      this.#pausedUntil = clock.monotonic() + PAUSE_MILLISECONDS;
      log.debug({ error: messageOf(error), runs: runs.length }, "not executed unheld; the runs go the usual way");
      return runs.map(() => null);
    }
  }

  async #task(runs: PureRun[]): Promise<Advanced[]> {
    const definitions = new Map(runs.map(({ definition, steps }) => [definition, steps]));
    const handed = runs.map(({ uuid, payload, log, definition }) => ({
      uuid,
      token: 0,
      definition,
      payload,
      log,
      depth: 0,
    }));
    try {
      return await this.#options.executor.execute({ runs: handed, definitions, alone: false });
    } catch (error) {
      // Noted here, where it is known even if it comes too late for those who waited.
      const guilty = error instanceof ThreadLost && error.guilty !== null ? runs[error.guilty] : undefined;
      if (guilty !== undefined) this.#suspects.add(guilty.definition);
      throw error;
    }
  }
}
