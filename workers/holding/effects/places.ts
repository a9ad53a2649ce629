import type { Clock } from "../../../src/clock.ts";
import { Batches } from "../batches.ts";
import type { HeldEffect } from "../handing.ts";

/** An effect that has waited for the first time, and would wait for the second, is given back. */
const WAIT_MILLISECONDS = 1000;
const LONGEST_WAIT_MILLISECONDS = 5000;
const LOOK_MILLISECONDS = 250;
/** Weight of the last look in how fast a line moves. */
const LAST_LOOK = 0.25;
/** A run is given back for a part of what it would wait, since the line may move faster meanwhile. */
const PART_OF_WAIT = 0.25;

export interface PlacesOptions {
  clock: Clock;
  /** Effects under way at once. */
  maxEffects: number;
}

/** Effects of one workflow at one host that wait for a place. */
interface Line {
  waiting: { effect: HeldEffect; since: number }[];
  /** Since the last look. */
  served: number;
  /** How many are served in a millisecond, smoothed; null before the first look. */
  rate: number | null;
  /** When the first had to wait; a line is kept while anything of it waits or is under way. */
  since: number;
}

/** An effect that has waited too long, and for how many milliseconds its run is best given back. */
interface Tired {
  effect: HeldEffect;
  pause: number;
}

/**
 * Places for effects. Those that are ready in one turn are started together. A workflow, and a host, has at most a third as
 * many as are free, so that there is always a place for another: one that hangs gets a quarter of all, two a fifth each (the
 * dynamic thresholds of Choudhury and Hahne, 1998). The others wait, each workflow and host in a line of its own.
 */
export class Places {
  readonly #options: PlacesOptions;
  readonly #ready: Batches<HeldEffect>;
  readonly #onTired: (effect: HeldEffect, pause: number) => void;
  #underWay = 0;
  /** Places by workflow and by host. */
  readonly #used = new Map<string, number>();
  readonly #lines = new Map<string, Line>();
  #isLooking = false;

  /**
   * `execute` starts the effects of a batch; `onTired` gets those that have waited too long, and for how many milliseconds
   * their runs are best given back: no longer than their line is old, since a young one has yet to show how fast it is.
   */
  constructor(
    options: PlacesOptions,
    execute: (batch: HeldEffect[]) => Promise<void>,
    onTired: (effect: HeldEffect, pause: number) => void,
  ) {
    const { clock, maxEffects } = options;
    this.#options = options;
    this.#onTired = onTired;
    // Each of them has a place already.
    this.#ready = new Batches({ clock, maxBatches: maxEffects, sizeOf: ({ held }) => held.size }, execute);
  }

  /** Effects with a place, and those that wait for one. */
  figures(): { underWay: number; waiting: number } {
    const waiting = [...this.#lines.values()].reduce((sum, line) => sum + line.waiting.length, 0);
    return { underWay: this.#underWay, waiting };
  }

  /** Gives an effect a place, now or when there is one for it. */
  add(effect: HeldEffect): void {
    if (this.#mayStart(effect)) this.#start(effect);
    else {
      const name = lineOf(effect);
      const since = this.#options.clock.monotonic();
      const line = this.#lines.get(name) ?? { waiting: [], served: 0, rate: null, since };
      line.waiting.push({ effect, since });
      this.#lines.set(name, line);
      this.#look();
    }
  }

  /** An effect ended: its place is free. */
  end(effect: HeldEffect): void {
    this.#leave(effect);
    // A line that was served goes behind the others, and is looked at again.
    for (const [name, line] of this.#lines) {
      const [first] = line.waiting;
      if (first === undefined || !this.#mayStart(first.effect)) continue;
      line.waiting.shift();
      line.served++;
      this.#lines.delete(name);
      this.#lines.set(name, line);
      this.#start(first.effect);
    }
  }

  /** Takes all that have not been started. */
  takeAll(): HeldEffect[] {
    const ready = this.#ready.takeAll();
    for (const effect of ready) this.#leave(effect);
    const waiting = [...this.#lines.values()].flatMap((line) => line.waiting.map(({ effect }) => effect));
    this.#lines.clear();
    return [...ready, ...waiting];
  }

  /** How many of a run wait for a place. */
  waitingOf(held: HeldEffect["held"]): number {
    const own = [...this.#lines.values()].map(({ waiting }) => waiting.filter(({ effect }) => effect.held === held));
    return own.reduce((sum, { length }) => sum + length, 0);
  }

  /** Takes those of a run that wait for a place. */
  takeOf(held: HeldEffect["held"]): HeldEffect[] {
    const taken: HeldEffect[] = [];
    for (const line of this.#lines.values()) {
      taken.push(...line.waiting.filter(({ effect }) => effect.held === held).map(({ effect }) => effect));
      line.waiting = line.waiting.filter(({ effect }) => effect.held !== held);
    }
    return taken;
  }

  #mayStart(effect: HeldEffect): boolean {
    const free = this.#options.maxEffects - this.#underWay;
    return keysOf(effect).every((key) => (this.#used.get(key) ?? 0) * 3 < free);
  }

  #start(effect: HeldEffect): void {
    this.#underWay++;
    for (const key of keysOf(effect)) this.#used.set(key, (this.#used.get(key) ?? 0) + 1);
    this.#ready.add(effect);
  }

  #leave(effect: HeldEffect): void {
    this.#underWay--;
    for (const key of keysOf(effect)) {
      const left = (this.#used.get(key) ?? 1) - 1;
      if (left === 0) this.#used.delete(key);
      else this.#used.set(key, left);
    }
  }

  /** While effects wait, looks every 250 ms for those that have waited too long. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { clock } = this.#options;
    clock.timer(LOOK_MILLISECONDS, () => {
      this.#isLooking = false;
      const tired: Tired[] = [];
      for (const [name, line] of this.#lines) {
        if (line.waiting.length > 0 || line.served > 0) tired.push(...this.#takeTired(line));
        else if (!this.#used.has(name)) this.#lines.delete(name);
      }
      for (const { effect, pause } of tired) this.#onTired(effect, pause);
      if (this.#lines.size > 0) this.#look();
    });
  }

  /** Takes those out of a line that have waited, and would wait for too long at the rate at which it moves. */
  #takeTired(line: Line): Tired[] {
    const now = this.#options.clock.monotonic();
    const last = line.served / LOOK_MILLISECONDS;
    line.rate = line.rate === null ? last : line.rate + LAST_LOOK * (last - line.rate);
    line.served = 0;
    const rate = line.rate;
    const tired: Tired[] = [];
    line.waiting = line.waiting.filter(({ effect, since }, index) => {
      const wait = rate > 0 ? index / rate : Number.POSITIVE_INFINITY;
      const isTired = now - since > WAIT_MILLISECONDS && wait >= LONGEST_WAIT_MILLISECONDS;
      if (isTired) tired.push({ effect, pause: Math.min(wait * PART_OF_WAIT, now - line.since) });
      return !isTired;
    });
    return tired;
  }
}

/** The workflow, its host, and both together: the line in which it waits. */
function keysOf(effect: HeldEffect): string[] {
  const workflow = `workflow ${effect.held.run.workflowUuid}`;
  return effect.host === null ? [workflow] : [workflow, `host ${effect.host}`, lineOf(effect)];
}

function lineOf({ held, host }: HeldEffect): string {
  const workflow = `workflow ${held.run.workflowUuid}`;
  return host === null ? workflow : `${workflow} host ${host}`;
}
