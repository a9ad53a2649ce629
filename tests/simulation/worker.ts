import pino from "pino";
import type { StepTypes } from "../../src/connectors/index.ts";
import type { Reservation } from "../../src/messaging/port.ts";
import type { Triggered } from "../../src/schemas/runs/event.ts";
import type { NewRun, ProgressBeforeInsert } from "../../src/storage/port.ts";
import { DatabaseClock } from "../../src/storage/postgres/database-clock.ts";
import { Dispatcher } from "../../workers/dispatcher.ts";
import { Sweeper } from "../../workers/intake/sweeper.ts";
import { Turns } from "../../workers/intake/turns.ts";
import { Connection } from "./connection.ts";
import { ProcessClock, type Random } from "./scheduler.ts";
import { SimulatedThreads } from "./threads.ts";
import { keyOf, type World } from "./world.ts";

export const LEASE_MILLISECONDS = 30_000;

const log = pino({ level: "silent" });

/** The parts of a worker that work once it knows the time. */
interface Parts {
  dispatcher: Dispatcher;
  sweeper: Sweeper;
}

/** One worker process: the real dispatcher, sweeper and clock of the database over the simulated machine, storage and threads. */
export class SimulatedWorker {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly connection: Connection;
  readonly #random: Random;
  readonly #die: () => void;
  #parts: Parts | null = null;

  /** @param onDeath called when a run killed it */
  constructor(name: string, world: World, types: StepTypes, onDeath: () => void) {
    this.name = name;
    this.#die = () => {
      world.note(`death ${name}`);
      world.counts.deaths++;
      this.crash();
      onDeath();
    };
    this.#random = world.random;
    this.clock = new ProcessClock(world.scheduler, world.random);
    this.connection = new Connection(world, this.clock);
    const clock = new DatabaseClock({ ask: () => this.connection.time(), machine: this.clock, log });
    const start = () => {
      const open = () => {
        this.#parts = this.#open(world, types, clock);
      };
      clock.start().then(open, () => this.clock.timer(100, start));
    };
    start();
  }

  #open(world: World, types: StepTypes, clock: DatabaseClock): Parts {
    const storage = this.connection.storage();
    const dispatcher = new Dispatcher({
      storage,
      executor: new SimulatedThreads(world, clock, this.clock, types, this.#die),
      clock,
      log,
      types,
      tracing: null,
      shortcuts: world.shortcuts,
      trustsMessages: world.trustsMessages,
      maxBatches: 2,
      maxInFlight: 6,
      maxEffects: 3,
      leaseMilliseconds: LEASE_MILLISECONDS,
      onGivenBack: (dueAt) => sweeper.notice(dueAt),
      onLinedUp: () => turns.linedUp(),
      onEnded({ namespace, run_id }, _, takesTurns) {
        if (takesTurns) turns.ended({ namespace, uuid: run_id });
      },
    });
    const sweeper = new Sweeper({
      storage,
      dispatcher,
      clock,
      log,
      patienceMilliseconds: () => (clock.now() % 4000 < 2000 ? 0 : dispatcher.patience()),
      longestMilliseconds: () => 2500,
    });
    const turns = new Turns({ storage, clock, log, onGivenBack: (dueAt) => sweeper.notice(dueAt) });
    sweeper.start();
    return { dispatcher, sweeper };
  }

  /** Room for a run that is about to be stored; none when the process is not there to ask. */
  reserve(): Reservation | null {
    return this.clock.dead ? null : (this.#parts?.dispatcher.reserve() ?? null);
  }

  /** What the run comes to before it is stored; null at once where that can't be known. */
  executeBeforeInsert(run: NewRun): Promise<ProgressBeforeInsert | null> | null {
    return this.#parts?.dispatcher.executeBeforeInsert([run])?.then(([progress]) => progress ?? null) ?? null;
  }

  /** A message from within the process, or from a broker, which brings it again when its claim failed. */
  message(triggered: Triggered): void {
    if (this.#random.chance(0.5)) {
      this.clock.deliver(() => this.#parts?.dispatcher.onMessages([keyOf(triggered.uuid)]));
    } else this.#claim(triggered);
  }

  /** Something came for a run. */
  wake(run: string): void {
    this.clock.deliver(() => this.#parts?.dispatcher.wake([keyOf(run)]));
  }

  #claim(triggered: Triggered): void {
    const again = () => this.clock.timer(100, () => this.#claim(triggered));
    this.clock.deliver(() => {
      if (this.#parts === null) return again();
      const { dispatcher } = this.#parts;
      if (dispatcher.room() > 0) dispatcher.claim([triggered]).catch(again);
    });
  }

  /** kill -9. */
  crash(): void {
    this.clock.dead = true;
  }

  /** SIGTERM; calls back when the process is gone. */
  stop(gone: () => void): void {
    const end = () => {
      this.clock.dead = true;
      gone();
    };
    this.#parts?.sweeper.stop();
    const deadline = new Promise<void>((resolve) => this.clock.timer(5000, resolve));
    if (this.#parts === null) end();
    else this.#parts.dispatcher.stop(deadline).then(end);
  }
}
