import type { Clock } from "../../src/clock.ts";
import { Batches } from "./batches.ts";
import type { HeldEffect } from "./handing.ts";

/** How long an effect waits for a place before its run is given back. */
const PATIENCE_MILLISECONDS = 1000;
const LOOK_MILLISECONDS = 250;

export interface EffectsOptions {
  clock: Clock;
  /** Effects under way at once. */
  maxEffects: number;
}

interface Waiting {
  effect: HeldEffect;
  /** On the monotonic clock. */
  since: number;
}

/**
 * Places for effects. Those that are ready in one turn are started together. A workflow, and a host, has at most a third as
 * many as are free, so that whoever comes always finds one: one that hangs gets a quarter of all, two a fifth each (the
 * dynamic thresholds of Choudhury and Hahne, 1998). The others wait, each workflow and host in a line of its own.
 */
export class Effects {
  readonly #options: EffectsOptions;
  readonly #ready: Batches<HeldEffect>;
  readonly #onPatienceOver: (effect: HeldEffect) => void;
  #underWay = 0;
  /** Places by workflow and by host. */
  readonly #used = new Map<string, number>();
  readonly #lines = new Map<string, Waiting[]>();
  #isLooking = false;

  /** `execute` starts the effects of a batch; `onPatienceOver` gets those that have waited too long. */
  constructor(
    options: EffectsOptions,
    execute: (batch: HeldEffect[]) => Promise<void>,
    onPatienceOver: (effect: HeldEffect) => void,
  ) {
    const { clock, maxEffects } = options;
    this.#options = options;
    this.#onPatienceOver = onPatienceOver;
    // Each of them has a place already.
    this.#ready = new Batches({ clock, maxBatches: maxEffects, sizeOf: ({ held }) => held.size }, execute);
  }

  /** Gives an effect a place, now or when there is one for it. */
  add(effect: HeldEffect): void {
    if (this.#mayStart(effect)) this.#start(effect);
    else {
      const line = lineOf(effect);
      const waiting = this.#lines.get(line) ?? [];
      if (waiting.push({ effect, since: this.#options.clock.monotonic() }) === 1) this.#lines.set(line, waiting);
      this.#look();
    }
  }

  /** An effect is over: its place is another's. */
  end(effect: HeldEffect): void {
    this.#leave(effect);
    // A line that was served goes behind the others, and is looked at again.
    for (const [line, waiting] of this.#lines) {
      const [first] = waiting;
      if (first === undefined || !this.#mayStart(first.effect)) continue;
      waiting.shift();
      this.#lines.delete(line);
      if (waiting.length > 0) this.#lines.set(line, waiting);
      this.#start(first.effect);
    }
  }

  /** Takes all that have not been started. */
  takeAll(): HeldEffect[] {
    const ready = this.#ready.takeAll();
    for (const effect of ready) this.#leave(effect);
    const waiting = [...this.#lines.values()].flatMap((line) => line.map(({ effect }) => effect));
    this.#lines.clear();
    return [...ready, ...waiting];
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

  /** Looks now and then, while any wait, who has waited too long. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const { clock } = this.#options;
    clock.timer(LOOK_MILLISECONDS, () => {
      this.#isLooking = false;
      const over = clock.monotonic() - PATIENCE_MILLISECONDS;
      const tired: HeldEffect[] = [];
      for (const [line, waiting] of this.#lines) {
        const patient = waiting.findIndex(({ since }) => since > over);
        tired.push(...waiting.splice(0, patient < 0 ? waiting.length : patient).map(({ effect }) => effect));
        if (waiting.length === 0) this.#lines.delete(line);
      }
      for (const effect of tired) this.#onPatienceOver(effect);
      if (this.#lines.size > 0) this.#look();
    });
  }
}

function keysOf({ held, host }: HeldEffect): string[] {
  const workflow = `workflow ${held.run.workflowUuid}`;
  return host === null ? [workflow] : [workflow, `host ${host}`];
}

function lineOf(effect: HeldEffect): string {
  return keysOf(effect).join(" ");
}
