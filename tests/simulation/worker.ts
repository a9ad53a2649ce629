import pino from "pino";
import type { StepTypes } from "../../src/connectors/index.ts";
import type { Reservation } from "../../src/messaging/port.ts";
import type { Triggered } from "../../src/schemas/event.ts";
import type { EndedRun, NewRun } from "../../src/storage/port.ts";
import { Dispatcher } from "../../workers/dispatcher.ts";
import { Sweeper } from "../../workers/intake/sweeper.ts";
import { ProcessClock, type Random } from "./scheduler.ts";
import { SimulatedThreads } from "./threads.ts";
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
      shortcuts: world.shortcuts,
      maxBatches: 2,
      maxInFlight: 6,
      trustsMessages: world.trustsMessages,
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
