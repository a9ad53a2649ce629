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
  run(): void;
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
    const event = { time: this.time + Math.max(0, Math.ceil(milliseconds)), tie: this.#random.next(), run };
    this.#insert(event);
    return () => {
      event.run = () => {};
    };
  }

  /** Runs events until `done`, or until virtual time passes the end; false then. */
  async runUntil(end: number, done: () => boolean): Promise<boolean> {
    while (!done()) {
      const event = this.#events.shift();
      if (event === undefined || event.time > end) return false;
      this.time = event.time;
      event.run();
      // Everything that follows without a timer happens now.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return true;
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

/** The clock of one process of the simulation: it can be stopped for a while, and dies with its process. */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler;
  #frozenUntil = 0;
  dead = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  now(): number {
    return this.#scheduler.time;
  }

  monotonic(): number {
    return this.#scheduler.time;
  }

  timer(milliseconds: number, callback: () => void): () => void {
    return this.#scheduler.after(milliseconds, () => this.deliver(callback));
  }

  nextTurn(callback: () => void): void {
    this.#scheduler.after(0, () => this.deliver(callback));
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
