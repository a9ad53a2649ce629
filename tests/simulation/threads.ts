import type { Clock } from "../../src/clock.ts";
import { StepFailure, type StepTypes } from "../../src/connectors/index.ts";
import type { Plan } from "../../src/engine/plan/plan.ts";
import {
  ALONE,
  type EffectExecution,
  type Executed,
  type ExecutedEffect,
  type Execution,
  type Executor,
  type HandedEffect,
  type Pace,
  ThreadLost,
} from "../../workers/execution/port.ts";
import type { Surroundings } from "../../workers/execution/thread/surroundings.ts";
import type { ThreadRun } from "../../workers/execution/thread/thread-run.ts";
import { ThreadRuns } from "../../workers/execution/thread/thread-runs.ts";
import type { ProcessClock } from "./scheduler.ts";
import { killed, REPLY } from "./step-types.ts";
import type { World } from "./world.ts";

const THREADS = 2;

/** What is lost with a thread: what it knows of runs, and whoever waits for it. */
class Thread {
  readonly isAlone: boolean;
  readonly runs = new ThreadRuns();
  readonly waiting = new Map<object, (error: ThreadLost) => void>();
  isLost = false;

  constructor(isAlone: boolean) {
    this.isAlone = isAlone;
  }
}

/** Has a thread, or its process, be lost under the run at an index of its task. */
type Lose = (victim: "thread" | "process", guilty: number) => never[];

/** Threads that take virtual time, act on the world's ledger, and are sometimes lost. */
export class SimulatedThreads implements Executor {
  readonly #world: World;
  readonly #clock: Clock;
  readonly #process: ProcessClock;
  readonly #types: StepTypes;
  readonly #die: () => void;
  readonly #threads = new Map<number, Thread>();

  /**
   * @param clock tells the time in `process`
   * @param die ends that process
   */
  constructor(world: World, clock: Clock, process: ProcessClock, types: StepTypes, die: () => void) {
    this.#world = world;
    this.#clock = clock;
    this.#process = process;
    this.#types = types;
    this.#die = die;
  }

  freest(): number {
    return this.#world.random.below(THREADS);
  }

  /** Nobody knows how long they are on a CPU: what is late counts as slow. */
  paces = (): Pace[] => [{ beats: 0, cpuMilliseconds: Number.NaN }];

  execute({ thread: name, runs, definitions }: Execution): Promise<Executed[]> {
    const thread = this.#thread(name);
    return this.#onThread(name, thread, (lose) => {
      const results: Executed[] = [];
      for (const [index, handed] of runs.entries()) {
        const run = thread.runs.take(handed, this.#planOf(handed.definition, definitions));
        if (run === undefined) results.push({ kind: "missing" });
        else results.push({ kind: "advanced", advanced: thread.runs.advance(run, this.#surroundings(thread)) });
        const victim = killed();
        if (victim !== null) return lose(victim, index);
      }
      return results;
    });
  }

  executeEffects({ thread: name, effects, definitions }: EffectExecution): Promise<ExecutedEffect>[] {
    const thread = this.#thread(name);
    return effects.map((effect) => {
      const plan = this.#planOf(effect.definition, definitions);
      return this.#onThread(name, thread, (lose) => this.#effect(thread, effect, plan, lose));
    });
  }

  drop(name: number, { uuid, token }: { uuid: string; token: number }): Promise<void> {
    const thread = this.#thread(name);
    return this.#onThread(name, thread, () => thread.runs.drop(uuid, token));
  }

  pause(name: number, { uuid, token }: { uuid: string; token: number }): Promise<void> {
    const thread = this.#thread(name);
    return this.#onThread(name, thread, () => thread.runs.pause(uuid, token));
  }

  async close(): Promise<void> {}

  async #effect(
    thread: Thread,
    { path, effectBy, ...handed }: HandedEffect,
    plan: Plan | undefined,
    lose: Lose,
  ): Promise<ExecutedEffect> {
    const run = thread.runs.take(handed, plan);
    if (run === undefined) return { kind: "missing" };
    const world = this.#surroundings(thread);
    if (handed.state !== null) run.begin(world);
    if (run.canStart(path)) {
      if (this.#clock.monotonic() >= effectBy) return { kind: "late" };
      const started = this.#start(run, path, world, handed.token);
      thread.runs.keep(run);
      await started;
    }
    if (thread.isLost) return { kind: "missing" };
    const told = { kind: "advanced", advanced: thread.runs.advance(run, world) } as const;
    const victim = killed();
    if (victim !== null) lose(victim, 0);
    return told;
  }

  async #start(run: ThreadRun, path: string, world: Surroundings, token: number): Promise<void> {
    await run.start(path, world, (_, timeout) => ({
      idempotencyKey: `${run.uuid}:${path}`,
      depth: 0,
      traceparent: null,
      signal: new AbortController().signal,
      fetch: async () => {
        await this.#world.effect(run.uuid, path, token);
        this.#world.maybeFreeze(this.#process);
        const time = this.#world.random.chance(0.05) ? 20_000 : this.#world.random.below(300);
        const isOver = timeout !== null && timeout < time;
        await new Promise<void>((resolve) => this.#clock.timer(isOver ? timeout : time, resolve));
        if (isOver) throw StepFailure.of("not_answered_in_time", {});
        return REPLY;
      },
    }));
  }

  /** Does work after a moment, unless the thread is lost before or under it. */
  #onThread<Result>(name: number, thread: Thread, work: (lose: Lose) => Promise<Result> | Result): Promise<Result> {
    const { random } = this.#world;
    const task = {};
    return new Promise((resolve, reject) => {
      thread.waiting.set(task, reject);
      const lose = (victim: "thread" | "process", guilty: number | null) => {
        // One that is alone has a process of its own.
        if (victim === "process" && !thread.isAlone) this.#die();
        return this.#lose(name, thread, task, guilty);
      };
      this.#world.maybeFreeze(this.#process);
      this.#clock.timer(random.below(4), async () => {
        if (thread.isLost) return;
        if (this.#world.faulty && random.chance(0.02)) {
          lose("thread", null);
          return;
        }
        const result = await work(lose);
        // What is told is on its way: the thread may be lost before it is heard, but it is heard.
        if (thread.waiting.delete(task)) this.#clock.timer(random.below(3), () => resolve(result));
      });
    });
  }

  /** The thread is gone; everybody who waits for it hears of it. */
  #lose(name: number, thread: Thread, task: object, guilty: number | null): never[] {
    this.#world.counts.lostThreads++;
    thread.isLost = true;
    this.#threads.delete(name);
    const charged = thread.isAlone || this.#world.random.chance(0.5);
    const waiting = [...thread.waiting];
    thread.waiting.clear();
    this.#clock.timer(30, () => {
      for (const [one, reject] of waiting) {
        reject(new ThreadLost(one === task ? guilty : null, "the simulation killed it", charged));
      }
    });
    return [];
  }

  #thread(name: number): Thread {
    const thread = this.#threads.get(name) ?? new Thread(name === ALONE);
    this.#threads.set(name, thread);
    return thread;
  }

  #surroundings({ isAlone }: Thread): Surroundings {
    return { now: () => this.#clock.now(), stepwise: isAlone, beat: () => {}, attempt: () => {} };
  }

  /** Definitions never change: each is compiled once. */
  #planOf(definition: string, definitions: Map<string, string>): Plan | undefined {
    const text = definitions.get(definition);
    return text === undefined ? undefined : this.#world.planOf(text, this.#types);
  }
}
