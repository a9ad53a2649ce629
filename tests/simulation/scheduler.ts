import { drainMicrotasks } from "bun:jsc";
import type { Clock } from "../../src/clock.ts";

/** A seeded random number generator (mulberry32): the same seed gives the same numbers on every machine. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }
}

interface Scheduled {
  time: number;
  /** Decides between events of one time: drawn at random, so that every order occurs. */
  tie: number;
  /** Null once it is cancelled. */
  run: (() => void) | null;
}

/** Virtual time: events in order of their time, ties in seeded random order, nothing real in between. */
export class Scheduler {
  readonly #random: Random;
  readonly #events: Scheduled[] = [];
  /** Milliseconds since the epoch. */
  time = Date.UTC(2030, 0, 1);

  constructor(random: Random) {
    this.#random = random;
  }

  after(milliseconds: number, run: () => void): () => void {
    const time = this.time + Math.max(0, Math.ceil(milliseconds));
    const event: Scheduled = { time, tie: this.#random.next(), run };
    this.#insert(event);
    return () => {
      event.run = null;
    };
  }

  /**
   * Runs events until `done`, or until virtual time passes the end.
   *
   * @param settled waits for what is real and was begun by an event; null where nothing is
   */
  async runUntil(end: number, done: () => boolean, settled: (() => Promise<void>) | null): Promise<void> {
    while (!done()) {
      const event = this.#events.shift();
      if (event === undefined || event.time > end) return;
      if (event.run === null) continue;
      this.time = event.time;
      event.run();
      // Everything that follows without a timer happens now.
      drainMicrotasks();
      if (settled !== null) await settled();
    }
  }

  #insert(event: Scheduled): void {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#events[middle];
      if (other !== undefined && (other.time < event.time || (other.time === event.time && other.tie <= event.tie))) {
        low = middle + 1;
      } else high = middle;
    }
    this.#events.splice(low, 0, event);
  }
}

/** Parts in which a machine's clock may go too fast or too slow, at most: as the clock of the database expects of it. */
const DRIFT = 1e-4;

/**
 * The clock of one process of the simulation, and of its machine: it goes a little too fast or too slow, and its time of day
 * is set now and then. The process can be stopped for a while, and its clock dies with it.
 */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  readonly #begun: number;
  readonly #rate: number;
  /** How far its time of day is off, milliseconds. */
  #off: number;
  #frozenUntil = 0;
  dead = false;

  constructor(scheduler: Scheduler, random: Random) {
    this.#scheduler = scheduler;
    this.#begun = scheduler.time - random.below(1_000_000);
    this.#rate = 1 + DRIFT * (2 * random.next() - 1);
    this.#off = distance(random);
  }

  now(): number {
    return Math.floor(this.#begun + this.#off + this.monotonic());
  }

  // Functions of their own, since the clock of the database takes them over.
  monotonic = (): number => (this.#scheduler.time - this.#begun) * this.#rate;

  timer = (milliseconds: number, callback: () => void): (() => void) =>
    this.#scheduler.after(milliseconds / this.#rate, () => this.deliver(callback));

  nextTurn = (callback: () => void): void => {
    this.#scheduler.after(0, () => this.deliver(callback));
  };

  /** Its time of day is set, forwards or back, by a moment or by hours. */
  jump(random: Random): void {
    this.#off = distance(random);
  }

  /** Like SIGSTOP: whatever would happen to the process happens when it goes on. */
  freeze(milliseconds: number): void {
    this.#frozenUntil = this.#scheduler.time + milliseconds;
  }

  /** Calls back in this process: never when it is dead, later when it is frozen. */
  deliver(callback: () => void): void {
    if (this.dead) return;
    const left = this.#frozenUntil - this.#scheduler.time;
    if (left > 0) this.#scheduler.after(left, () => this.deliver(callback));
    else callback();
  }
}

function distance(random: Random): number {
  return (2 * random.next() - 1) * random.pick([0, 100, 10_000, 7_200_000]);
}
