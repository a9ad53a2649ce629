import type { JsonObject } from "../../schemas/json/json.ts";
import { keptOf } from "../../schemas/log/kept.ts";
import { isOfStep, type LogEntry } from "../../schemas/log/log.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { BlockPlan } from "../plan/plan.ts";
import type { KnownRun } from "../port.ts";
import { NotKnown } from "./gaps.ts";

/** What is stored of the steps of a run, by their paths: of all attempts, and of the steps that it has kept of another run. */
export class Results {
  readonly isOver: boolean;
  readonly #byPath = new Map<string, StepResult>();
  /** Attempts that failed and were followed by another or by a handler, by path and number. */
  readonly #failures = new Map<string, StepResult>();
  /** The result with which the handler of a step began. */
  readonly #handled = new Map<string, StepResult>();
  /** What the entries say with which attempts of containers began, by path and number. */
  readonly #begun = new Map<string, JsonObject>();
  /** Steps whose results were kept, those within them too, and of these those that were kept as a whole. */
  readonly #kept = new Set<string>();
  readonly #keptWhole = new Set<string>();
  #iterations: Map<string, number> | null = null;

  constructor({ isOver, log, results }: KnownRun, root: BlockPlan) {
    this.isOver = isOver;
    for (const entry of log) {
      const kept = keptOf(entry);
      if (kept === null && isOfStep(entry[0])) this.#add(entry);
      for (const group of kept ?? []) this.#keep(group);
    }
    const names = new Map(root.nodes.map(({ name }, index) => [name, String(index)]));
    for (const result of results) {
      const path = result.path ?? names.get(result.step_name);
      if (path !== undefined) this.#byPath.set(path, result);
    }
  }

  get(path: string): StepResult | undefined {
    return this.#byPath.get(path);
  }

  /** Whether a result is that of another run, which this one tries again. */
  isKept(path: string): boolean {
    return this.#kept.has(path);
  }

  /** Whether a container was kept without going through it, so that nothing within it had an effect on what is around it. */
  isKeptWhole(path: string): boolean {
    return this.#keptWhole.has(path);
  }

  /** How often a step was tried. */
  attempts(path: string): number {
    return this.get(path)?.attempts ?? 1;
  }

  /** Whether the log has all that was done in an attempt that failed. */
  isLogged(path: string, attempt: number): boolean {
    return this.#failures.has(`${path} ${attempt}`);
  }

  /** What the entry says with which an attempt of a container began; undefined where that is not kept. */
  begunWith(path: string, attempt: number): JsonObject | undefined {
    return this.#begun.get(`${path} ${attempt}`);
  }

  /** Whether results within the step at the top of a path may have been left out. */
  isLeftOut(path: string): boolean {
    const [top = ""] = path.split(/[/~]/, 1);
    return this.get(top)?.steps_omitted !== undefined;
  }

  /** The error that a step's handler is for. @throws NotKnown */
  handledError(path: string): NonNullable<StepResult["error_details"]> {
    const result = this.get(path);
    const own = result?.error_details;
    // Old logs do not have what a handler began with. A handler that failed tells of it as the cause, which has none itself.
    const error = this.#handled.get(path)?.error_details ?? (result?.handled === true ? own : own?.cause);
    if (error == null) throw new NotKnown("error_gone");
    return error;
  }

  /** The last iteration of an attempt of which there is something, by the prefix of the attempt; -1 for none. */
  lastIteration(prefix: string): number {
    if (this.#iterations === null) {
      const last = new Map<string, number>();
      for (const path of this.#byPath.keys()) {
        for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
          const number = Number.parseInt(path.slice(slash + 1), 10);
          const of = path.slice(0, slash + 1);
          if (!Number.isNaN(number)) last.set(of, Math.max(number, last.get(of) ?? 0));
        }
      }
      this.#iterations = last;
    }
    return this.#iterations.get(prefix) ?? -1;
  }

  #add([path, result, wakeAt]: LogEntry): void {
    this.#byPath.set(path, result);
    if (result.status !== "running") return;
    const attempt = result.attempts ?? 1;
    if (result.error === null) {
      if (result.details !== undefined) this.#begun.set(`${path} ${attempt}`, result.details);
      return;
    }
    this.#failures.set(`${path} ${attempt}`, result);
    if (wakeAt === null) this.#handled.set(path, result);
  }

  #keep(group: readonly LogEntry[]): void {
    for (const [path, result] of group) {
      this.#kept.add(path);
      this.#byPath.set(path, result);
    }
    const own = group.at(-1)?.[0];
    const isGoneThrough = group.some(([path, { status }]) => path === own && status === "running");
    if (own !== undefined && !isGoneThrough) this.#keptWhole.add(own);
  }
}
