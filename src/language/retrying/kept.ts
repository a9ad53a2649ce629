/** Which results of a run that is over one that tries it again keeps. */
import type { JsonObject } from "../../schemas/json/json.ts";
import type { KeptStep } from "../../schemas/log/kept.ts";
import type { LogEntry } from "../../schemas/log/log.ts";
import { hasBranches, hasTraces, isWalkedThrough, nameOf, sameIn, type Within, within } from "./lists.ts";
import { type Ended, hasPassed } from "./results.ts";

/** A list of steps in the version of the run that is over, and in that of the new one. */
export interface Lists {
  old: readonly JsonObject[];
  now: readonly JsonObject[];
  /** The common prefixes of the paths of their steps, and of the addresses. */
  oldPrefix: string;
  prefix: string;
  above: string;
}

/** Collects what is kept. */
export class Keeping {
  readonly steps: KeptStep[] = [];
  readonly #ended: Ended;

  constructor(ended: Ended) {
    this.#ended = ended;
  }

  /** Whether a step, or one within it, was undone. */
  isUndone(path: string): boolean {
    return [...this.#ended.undone].some((one) => one === path || one.startsWith(`${path}/`));
  }

  /** Whether the result of a step at a path can be kept. */
  canKeep(path: string): boolean {
    return hasPassed(this.#ended.byPath.get(path)) && !this.isUndone(path);
  }

  /** Whether a step has begun. */
  hasBegun(path: string): boolean {
    return this.#ended.byPath.has(path);
  }

  /** Keeps the result of a step at a path, for another path. */
  keep(old: JsonObject, now: JsonObject, oldPath: string, path: string): void {
    const result = this.#ended.byPath.get(oldPath);
    if (result === undefined) return;
    if (within(now).length > 0 && hasTraces(now) && this.#isWhole(oldPath)) {
      for (const lists of this.#pairs(old, now, oldPath, path)) this.#keepAll(lists);
      return;
    }
    const history = hasTraces(now) && JSON.stringify(old) === JSON.stringify(now) ? this.#history(oldPath) : null;
    if (history !== null) {
      this.steps.push(history.map((entry) => moved(entry, oldPath, path)));
      return;
    }
    const entries: LogEntry[] = [...this.#inside(oldPath), [oldPath, result, null]];
    this.steps.push(entries.map((entry) => moved(entry, oldPath, path)));
  }

  /** Whether what a step left behind can't be told any more, and it did nothing that must not be done again: it ended with the run. */
  isLost(now: JsonObject, oldPath: string): boolean {
    const { log, kept, byPath } = this.#ended;
    if (!hasTraces(now) || [...log, ...kept.flat()].some(([path]) => isAt(oldPath, path))) return false;
    if (!this.#isWhole(oldPath)) return true;
    const { handled, attempts = 1 } = byPath.get(oldPath) ?? {};
    return within(now).length === 0 && (handled === true || attempts > 1);
  }

  /**
   * All that happened in a step, its failures and their handlers, from its begin to its end: with that a run has the variables and
   * the compensations that it left, and does nothing again. Null where that is not known.
   */
  #history(path: string): LogEntry[] | null {
    const logged = this.#ended.log.filter(([one]) => isAt(path, one));
    const entries = logged.some(([one]) => one === path)
      ? logged
      : (this.#ended.kept.find((group) => group.at(-1)?.[0] === path) ?? []);
    if (!entries.some(([one, { status }]) => one === path && status === "running")) return null;
    const over = new Set(entries.flatMap(([one, { status }]) => (status === "running" ? [] : [one])));
    const result = this.#ended.byPath.get(path);
    if (over.has(path) || result === undefined) return [...entries];
    // What came with the end of the run is in its results alone.
    return [...entries, ...this.#inside(path).filter(([one]) => !over.has(one)), [path, result, null]];
  }

  /** The entries within a step, those of what undoes them left out. */
  #inside(path: string): LogEntry[] {
    return [...this.#ended.byPath].flatMap(([one, result]): LogEntry[] => {
      return one.startsWith(`${path}/`) && !one.endsWith("/u") && result.status !== "running"
        ? [[one, result, null]]
        : [];
    });
  }

  /** Whether all that began within a step did what it was to, at the first attempt, and is known: then it can be gone through again without doing anything. */
  #isWhole(path: string): boolean {
    const [top = ""] = path.split("/", 1);
    const isShown = this.#ended.byPath.get(top)?.steps_omitted === undefined;
    const inside = this.#inside(path);
    const isAgain = (one: string, attempts = 1) =>
      attempts > 1 && inside.some(([other]) => other.startsWith(`${one}/`));
    return (
      isShown &&
      !isAgain(path, this.#ended.byPath.get(path)?.attempts) &&
      inside.every(
        ([one, result]) => hasPassed(result) && !isAgain(one, result.attempts) && !/\/c\d/.test(one.slice(path.length)),
      )
    );
  }

  /** Keeps the branches, or the iterations, of a step that ended as they were to. */
  keepEnded(old: JsonObject, now: JsonObject, oldPath: string, path: string): void {
    if (!hasBranches(now)) return;
    for (const lists of this.#pairs(old, now, oldPath, path)) {
      const isWhole = lists.now.every((step) => {
        const index = sameIn(lists.old, step);
        return index >= 0 && this.canKeep(`${lists.oldPrefix}${index}`);
      });
      if (isWhole) this.#keepAll(lists);
    }
  }

  /** The lists within a step that both versions have; of a step that repeats its list each iteration that began. */
  #pairs(old: JsonObject, now: JsonObject, oldPath: string, path: string): Lists[] {
    const olds = within(old);
    return within(now).flatMap((list, index) => {
      const same = olds.find(({ segment, below }) => segment === list.segment && below === list.below) ?? olds[index];
      if (same === undefined) return [];
      const segments = list.segment === null ? this.#iterationsOf(oldPath) : [[same.segment ?? "", list.segment]];
      return segments.map(([from = "", to = from]) => this.#pair(same, list, `${oldPath}/${from}/`, `${path}/${to}/`));
    });
  }

  #pair(old: Within, now: Within, oldPrefix: string, prefix: string): Lists {
    return { old: old.steps, now: now.steps, oldPrefix, prefix, above: "" };
  }

  #iterationsOf(path: string): string[][] {
    const prefix = `${path}/`;
    const found = new Set<string>();
    for (const one of this.#ended.byPath.keys()) {
      const [, segment] = one.startsWith(prefix) ? [one, one.slice(prefix.length).split("/", 1)[0]] : [];
      if (segment !== undefined && /^\d+$/.test(segment)) found.add(segment);
    }
    return [...found].map((segment) => [segment]);
  }

  #keepAll({ old, now, oldPrefix, prefix }: Lists): void {
    for (const [index, step] of now.entries()) {
      const at = sameIn(old, step);
      const before = old[at];
      const oldPath = `${oldPrefix}${at}`;
      if (before !== undefined && this.canKeep(oldPath)) this.keep(before, step, oldPath, `${prefix}${index}`);
    }
  }

  /** The lists within a block or a switch that both versions have. */
  walked(old: JsonObject, now: JsonObject, oldPath: string, path: string, address: string): Lists[] {
    if (!isWalkedThrough(now)) return [];
    return this.#pairs(old, now, oldPath, path).map((lists) => ({ ...lists, above: `${address}.` }));
  }
}

/** Whether a path is that of a step, or of one within it, in any of its attempts. */
function isAt(step: string, path: string): boolean {
  return path === step || path.startsWith(`${step}/`) || path.startsWith(`${step}~`);
}

/** An entry for another path. What was taken from an inbox was taken from another's. */
function moved([one, result, wakeAt]: LogEntry, from: string, to: string): LogEntry {
  const path = `${to}${one.slice(from.length)}`;
  return [path, result.path === undefined ? result : { ...result, path }, wakeAt];
}

/** The address of a step of a list. */
export function addressIn({ above }: Lists, step: JsonObject): string {
  return `${above}${nameOf(step)}`;
}
