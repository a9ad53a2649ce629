import pino from "pino";
import type { StepTypes } from "../../src/connectors/index.ts";
import { compile } from "../../src/engine/plan.ts";
import type { Reservation } from "../../src/messaging/port.ts";
import type { Triggered } from "../../src/schemas/event.ts";
import { parseLog } from "../../src/schemas/log.ts";
import type { Step } from "../../src/schemas/workflow.ts";
import type { EndedRun, NewRun } from "../../src/storage/port.ts";
import { type Advanced, advance, advanceEffect, type RunTask, type Surroundings } from "../../workers/advance.ts";
import { Dispatcher } from "../../workers/dispatcher.ts";
import {
  type EffectExecution,
  type Execution,
  type Executor,
  type Handed,
  ThreadLost,
} from "../../workers/execution.ts";
import { Sweeper } from "../../workers/sweeper.ts";
import { ProcessClock, type Random } from "./scheduler.ts";
import { POISON } from "./workloads.ts";
import type { World } from "./world.ts";

export const LEASE_MILLISECONDS = 30_000;

/** One worker process: the real dispatcher and sweeper over the simulated clock, storage and threads. */
export class SimulatedWorker {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly #random: Random;
  readonly #dispatcher: Dispatcher;
  readonly #sweeper: Sweeper;

  constructor(name: string, world: World, types: StepTypes) {
    this.name = name;
    this.clock = new ProcessClock(world.scheduler);
    this.#random = world.random;
    const storage = world.connect(this.clock);
    const log = pino({ level: "silent" });
    const clock = this.clock;
    this.#dispatcher = new Dispatcher({
      storage,
      executor: new SimulatedThreads(world, clock, types),
      clock,
      log,
      types,
      maxBatches: 2,
      maxInFlight: 6,
      maxEffects: 3,
      leaseMilliseconds: LEASE_MILLISECONDS,
      onGivenBack: (dueAt) => this.#sweeper.notice(dueAt),
      onEnded: () => {},
    });
    this.#sweeper = new Sweeper({
      storage,
      dispatcher: this.#dispatcher,
      clock,
      log,
      leaseMilliseconds: LEASE_MILLISECONDS,
      patienceMilliseconds: () => (clock.now() % 4000 < 2000 ? 0 : this.#dispatcher.patience()),
      longestMilliseconds: () => 1000,
    });
    this.#sweeper.start();
  }

  /** Room for a run that is about to be stored; none when the process is not there to ask. */
  reserve(): Reservation | null {
    return this.clock.dead ? null : this.#dispatcher.reserve();
  }

  /** What the run comes to before it is stored; null at once where that can't be known. */
  executeAhead(run: NewRun): Promise<EndedRun | null> | null {
    return this.#dispatcher.executeAhead([run])?.then(([ended]) => ended ?? null) ?? null;
  }

  /** A message from within the process, or from a broker, which brings it again when its claim failed. */
  message(triggered: Triggered): void {
    if (this.#random.chance(0.5)) {
      this.clock.deliver(() => this.#dispatcher.onMessages([triggered.runId]));
    } else this.#claim(triggered);
  }

  #claim(triggered: Triggered): void {
    this.clock.deliver(() => {
      if (this.#dispatcher.room() === 0) return;
      this.#dispatcher.claim([triggered]).catch(() => this.clock.timer(100, () => this.#claim(triggered)));
    });
  }

  /** kill -9. */
  crash(): void {
    this.clock.dead = true;
  }

  /** SIGTERM; calls back when the process is gone. */
  stop(gone: () => void): void {
    this.#sweeper.stop();
    const deadline = new Promise<void>((resolve) => this.clock.timer(5000, resolve));
    this.#dispatcher.stop(deadline).then(() => {
      this.clock.dead = true;
      gone();
    });
  }
}

/** Threads that take virtual time, act on the world's ledger, and are sometimes lost. */
class SimulatedThreads implements Executor {
  readonly #world: World;
  readonly #clock: ProcessClock;
  readonly #types: StepTypes;

  constructor(world: World, clock: ProcessClock, types: StepTypes) {
    this.#world = world;
    this.#clock = clock;
    this.#types = types;
  }

  execute(execution: Execution): Promise<Advanced[]> {
    const guilty = execution.runs.findIndex((run) => this.#reachesPoison(run, execution, false));
    return this.#onThread(execution, guilty, async () =>
      execution.runs.map((run) => advance(this.#taskOf(run, execution), this.#surroundings(execution))),
    );
  }

  executeEffects(execution: EffectExecution): Promise<Advanced>[] {
    return execution.runs.map((run, index) => {
      const guilty = this.#reachesPoison(run, execution, true) ? 0 : -1;
      return this.#onThread(execution, guilty, () => this.#effect(run, execution, execution.effectBy[index] ?? 0));
    });
  }

  async close(): Promise<void> {}

  /** Does work after a moment; `guilty` is the run that loses its thread, -1 for none. */
  #onThread<Result>({ alone }: Execution, guilty: number, work: () => Promise<Result>): Promise<Result> {
    const { random } = this.#world;
    return new Promise((resolve, reject) => {
      this.#world.maybeFreeze(this.#clock);
      this.#clock.timer(random.below(4), () => {
        const lost = this.#world.faulty && random.chance(0.02);
        if (guilty >= 0 || lost) {
          this.#world.counts.lostThreads++;
          const charged = alone || random.chance(0.5);
          const error = new ThreadLost(guilty >= 0 ? guilty : null, "the simulation killed it", charged);
          this.#clock.timer(30, () => reject(error));
          return;
        }
        work().then((result) => this.#clock.timer(random.below(3), () => resolve(result)), reject);
      });
    });
  }

  #surroundings({ alone }: Execution): Surroundings {
    return { now: () => this.#clock.now(), stepwise: alone, beat: () => {} };
  }

  #effect(run: Handed, execution: Execution, effectBy: number): Promise<Advanced> {
    return advanceEffect(this.#taskOf(run, execution), this.#surroundings(execution), {
      mayStart: () => this.#clock.monotonic() < effectBy,
      tools: (path) => ({
        idempotencyKey: `${run.uuid}:${path}`,
        depth: 0,
        signal: new AbortController().signal,
        fetch: async () => {
          await this.#world.effect(run.uuid, path, run.token);
          this.#world.maybeFreeze(this.#clock);
          const time = this.#world.random.chance(0.05) ? 20_000 : this.#world.random.below(300);
          await new Promise<void>((resolve) => this.#clock.timer(time, resolve));
          return {
            status: 200,
            url: "",
            redirects: 0,
            location: null,
            retryAfter: null,
            data: "",
            faults: { count: 0, first: [] },
          };
        },
      }),
    });
  }

  #taskOf(run: Handed, execution: Execution): RunTask {
    const plan = compile(stepsOf(run, execution), this.#types);
    return { uuid: run.uuid, plan, payload: JSON.parse(run.payload), log: parseLog(run.log) };
  }

  #reachesPoison(run: Handed, execution: Execution, effects: boolean): boolean {
    const steps = stepsOf(run, execution);
    const ended = new Set(parseLog(run.log).flatMap(([path, { status }]) => (status === "success" ? [path] : [])));
    const next = steps[ended.size];
    return next?.type === POISON || (effects && steps[ended.size + 1]?.type === POISON);
  }
}

function stepsOf(run: Handed, execution: Execution): Step[] {
  const steps: Step[] = JSON.parse(execution.definitions.get(run.definition) ?? "[]");
  return steps;
}
