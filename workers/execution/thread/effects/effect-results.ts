import { messageOf } from "../../../../src/errors.ts";
import type { Advanced } from "../../port.ts";
import { type EffectResult, packEffects } from "../../wire.ts";
import type { ThreadRun } from "../thread-run.ts";

/** Which effect of which task. */
export interface EffectPlace {
  id: number;
  index: number;
}

/** A result of an effect that brings its run no progress of its own. */
type Other =
  | { kind: "advanced"; advanced: Advanced }
  | { kind: "missing" }
  | { kind: "late" }
  | { kind: "failed"; message: string };

interface Task {
  left: number;
  resolve(packed: string[]): void;
}

const NOTHING = packEffects([]);

/** Reports the results of effects: all of one turn in one message, those of one run with its last effect. */
export class EffectResults {
  readonly #post: (packed: string[]) => void;
  readonly #tasks = new Map<number, Task>();
  #ended: { place: EffectPlace; run: ThreadRun; tell: () => Advanced }[] = [];
  #others: EffectResult[] = [];
  #isScheduled = false;

  /** `post` sends results while none of their tasks has ended. */
  constructor(post: (packed: string[]) => void) {
    this.#post = post;
  }

  /** A task of so many effects begins; resolves when all have ended, with the results that were not posted. */
  begin(id: number, effects: number): Promise<string[]> {
    return new Promise((resolve) => this.#tasks.set(id, { left: effects, resolve }));
  }

  /** An effect ended, and its run has the outcome; `tell` advances the run and gives its progress. */
  ended(place: EffectPlace, run: ThreadRun, tell: () => Advanced): void {
    this.#ended.push({ place, run, tell });
    this.#schedule();
  }

  /** An effect was not executed. */
  other(place: EffectPlace, other: Other): void {
    this.#others.push({ ...place, ...other });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#deliver());
  }

  #deliver(): void {
    this.#isScheduled = false;
    const results = this.#others;
    this.#others = [];
    const last = new Map(this.#ended.map((effect) => [effect.run, effect]));
    for (const effect of this.#ended.splice(0)) {
      const { place, run, tell } = effect;
      results.push(last.get(run) === effect ? resultOf(place, tell) : { ...place, kind: "joined" });
    }
    const [first, ...others] = results.flatMap(({ id }) => this.#endOf(id));
    if (first === undefined) this.#post(packEffects(results));
    else first.resolve(packEffects(results));
    for (const task of others) task.resolve(NOTHING);
  }

  /** The task whose last effect this is. */
  #endOf(id: number): Task[] {
    const task = this.#tasks.get(id);
    if (task === undefined || --task.left > 0) return [];
    this.#tasks.delete(id);
    return [task];
  }
}

function resultOf(place: EffectPlace, tell: () => Advanced): EffectResult {
  try {
    return { ...place, kind: "advanced", advanced: tell() };
  } catch (error) {
    return { ...place, kind: "failed", message: messageOf(error) };
  }
}
