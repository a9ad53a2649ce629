/** From where a run that is over is tried again, and what the new run keeps of it. */
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { keptText } from "../../schemas/log/kept.ts";
import { addressIn, Keeping, type Lists } from "./kept.ts";
import { sameIn, stepsOf, within } from "./lists.ts";
import { endedOf, type Over } from "./results.ts";

/** What is to be tried again. */
export interface Retry extends Over {
  /** Its steps, and those of the version that the new run is of. */
  old: readonly Json[];
  now: readonly Json[];
  /** The address of the step to begin with; null for the first that did not do what it was to. */
  from: string | null;
  /** It did all that it was to: without `from` all of it is done again. */
  hasSucceeded: boolean;
}

/** How a run is tried again. */
export type RetryPlan =
  | {
      /** JSON text of the log that the new run begins with; "[]" where nothing is kept. */
      log: string;
      /** The addresses of steps, at the top and in what is gone through to the first, that run again. */
      willRun: string[];
    }
  /** `from` is no address at which a run can begin. */
  | { fault: "from_unknown" }
  /** `from` lies behind a step that was undone. */
  | { fault: "undone"; step: string };

/** Plans a retry. Pure. */
export function planRetry(retry: Retry): RetryPlan {
  const { now, from, hasSucceeded } = retry;
  const steps = stepsOf(now);
  if (from !== null && !isPlaceIn(now, from)) return { fault: "from_unknown" };
  const [first] = steps;
  const planning = new Planning(retry, from ?? (hasSucceeded && first !== undefined ? String(first.name) : null));
  const lists: Lists = { old: stepsOf(retry.old), now: steps, oldPrefix: "", prefix: "", above: "" };
  planning.walk(lists);
  if (planning.undone !== null) return { fault: "undone", step: planning.undone };
  const { steps: kept } = planning.keeping;
  return { log: kept.length === 0 ? "[]" : keptText(kept), willRun: planning.willRun };
}

/** Whether runs of a version can begin at an address: that of a step at the top, or inside blocks and switches. */
export function isPlaceIn(steps: readonly Json[], from: string): boolean {
  return isPlace(stepsOf(steps), "", from);
}

class Planning {
  readonly keeping: Keeping;
  readonly willRun: string[] = [];
  /** The first step that was undone and lies before where it is to begin. */
  undone: string | null = null;
  readonly #from: string | null;
  #isReached = false;

  constructor(retry: Retry, from: string | null) {
    this.keeping = new Keeping(endedOf(retry));
    this.#from = from;
  }

  walk(lists: Lists): void {
    for (const [index, step] of lists.now.entries()) {
      const address = addressIn(lists, step);
      const at = sameIn(lists.old, step);
      const old = lists.old[at];
      const paths = [`${lists.oldPrefix}${at}`, `${lists.prefix}${index}`] as const;
      if (this.#isReached) this.willRun.push(address);
      else if (old === undefined || !this.keeping.hasBegun(paths[0])) this.#runs(address);
      else if (address === this.#from) this.#begins(old, step, paths, address);
      else if (this.#from?.startsWith(`${address}.`)) this.#inside(old, step, paths, address);
      else if (this.keeping.canKeep(paths[0]) && this.keeping.isLost(step, paths[0])) this.#runs(address);
      else if (this.keeping.canKeep(paths[0])) this.keeping.keep(old, step, ...paths);
      else this.#missed(old, step, paths, address);
    }
  }

  /** A step that the run has not come to, or that is new: it runs, and the steps behind it are kept if they can be. */
  #runs(address: string): void {
    this.willRun.push(address);
    if (address === this.#from || this.#from?.startsWith(`${address}.`)) this.#isReached = true;
  }

  #begins(old: JsonObject, step: JsonObject, [oldPath, path]: readonly [string, string], address: string): void {
    this.#isReached = true;
    this.willRun.push(address);
    this.keeping.keepEnded(old, step, oldPath, path);
  }

  /** What is within a block or a switch is gone through up to the step to begin with. */
  #inside(old: JsonObject, step: JsonObject, [oldPath, path]: readonly [string, string], address: string): void {
    for (const lists of this.keeping.walked(old, step, oldPath, path, address)) this.walk(lists);
    if (!this.#isReached) this.#runs(address);
    this.#isReached = true;
  }

  /** A step that did not do what it was to, or was undone. */
  #missed(old: JsonObject, step: JsonObject, paths: readonly [string, string], address: string): void {
    if (this.#from !== null) this.#again(old, step, paths, address);
    else if (within(step).length > 0 && this.keeping.walked(old, step, ...paths, address).length > 0) {
      this.#inside(old, step, paths, address);
    } else this.#begins(old, step, paths, address);
  }

  /** One that lies before the step to begin with, which can't be begun with then: it runs again, without what succeeded in it. */
  #again(old: JsonObject, step: JsonObject, [oldPath, path]: readonly [string, string], address: string): void {
    if (this.keeping.isUndone(oldPath)) this.undone ??= address;
    const before = this.willRun.length;
    for (const lists of this.keeping.walked(old, step, oldPath, path, address)) this.walk(lists);
    if (this.willRun.length === before) this.willRun.push(address);
    this.keeping.keepEnded(old, step, oldPath, path);
  }
}

function isPlace(steps: readonly JsonObject[], above: string, from: string): boolean {
  return steps.some((step) => {
    const address = `${above}${step.name}`;
    if (address === from) return true;
    if (!from.startsWith(`${address}.`) || (step.type !== "block" && step.type !== "switch")) return false;
    return within(step).some((list) => isPlace(list.steps, `${address}.`, from));
  });
}
