import pino from "pino";
import type { StepTypes } from "../../src/connectors/index.ts";
import type { Reservation } from "../../src/messaging/port.ts";
import type { Triggered } from "../../src/schemas/event.ts";
import type { Json } from "../../src/schemas/json.ts";
import { parseLog } from "../../src/schemas/log.ts";
import type { Step } from "../../src/schemas/workflow.ts";
import type { EndedRun, NewRun } from "../../src/storage/port.ts";
import { type Advanced, advance, advanceEffect, type RunTask, type Surroundings } from "../../workers/advance.ts";
import { Dispatcher } from "../../workers/dispatcher.ts";
import { type Execution, type Executor, type Handed, ThreadLost } from "../../workers/execution.ts";
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
    const { random } = this.#world;
    return new Promise((resolve, reject) => {
      this.#world.maybeFreeze(this.#clock);
      this.#clock.timer(random.below(4), () => {
        const guilty = execution.runs.findIndex((run) => this.#reachesPoison(run, execution));
        const lost = this.#world.faulty && random.chance(0.02);
        if (guilty >= 0 || lost) {
          this.#world.counts.lostThreads++;
          const charged = execution.alone || random.chance(0.5);
          const error = new ThreadLost(guilty >= 0 ? guilty : null, "the simulation killed it", charged);
          this.#clock.timer(30, () => reject(error));
          return;
        }
        Promise.all(execution.runs.map((run) => this.#advance(run, execution))).then((results) => {
          this.#clock.timer(random.below(3), () => resolve(results));
        }, reject);
      });
    });
  }

  async close(): Promise<void> {}

  async #advance(run: Handed, execution: Execution): Promise<Advanced> {
    const payload: Json = JSON.parse(run.payload);
    const task: RunTask = { uuid: run.uuid, steps: stepsOf(run, execution), payload, log: parseLog(run.log) };
    const { effectBy } = execution;
    const surroundings: Surroundings = {
      types: this.#types,
      now: () => this.#clock.now(),
      stepwise: execution.alone,
      beat: () => {},
      mayStartEffect: () => effectBy !== null && this.#clock.monotonic() < effectBy,
      tools: (uuid, path) => ({
        idempotencyKey: `${uuid}:${path}`,
        depth: 0,
        signal: new AbortController().signal,
        fetch: async () => {
          await this.#world.effect(uuid, path, run.token);
          this.#world.maybeFreeze(this.#clock);
          const time = this.#world.random.chance(0.05) ? 20_000 : this.#world.random.below(300);
          await new Promise<void>((resolve) => this.#clock.timer(time, resolve));
          return { status: 200, url: "", redirects: 0, location: null, data: "", faults: { count: 0, first: [] } };
        },
      }),
    };
    return effectBy === null ? advance(task, surroundings) : advanceEffect(task, surroundings);
  }

  #reachesPoison(run: Handed, execution: Execution): boolean {
    const steps = stepsOf(run, execution);
    const ended = new Set(parseLog(run.log).flatMap(([path, { status }]) => (status === "success" ? [path] : [])));
    const next = steps[ended.size];
    return next?.type === POISON || (execution.effectBy !== null && steps[ended.size + 1]?.type === POISON);
  }
}

function stepsOf(run: Handed, execution: Execution): Step[] {
  const steps: Step[] = JSON.parse(execution.definitions.get(run.definition) ?? "[]");
  return steps;
}
