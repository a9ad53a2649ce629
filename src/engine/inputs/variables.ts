/** What variables were at a moment of a run. Each is set in one place at a time, so that it is found going back from there. */
import { SET } from "../../language/definition/control.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import { CONSTRUCTS } from "../constructs/index.ts";
import type { BodyPlan, ContainerNode } from "../plan/plan.ts";
import { assignedBy, assignedIn, assignedWithin } from "./assigned.ts";
import { NotKnown } from "./gaps.ts";
import { attemptPrefix, bodyFrame, type Frame, handlerFrame, iterationFrame, type Moment } from "./places.ts";
import type { Results } from "./results.ts";

/** A variable, and what it begins with, placeholders unresolved. */
export interface Declared {
  name: string;
  template: Json;
}

/** Computes what a variable begins with: of a list, or of the loop whose iteration the list is. */
type Begin = (variable: Declared, frame: Frame, of: "list" | "loop") => Json;

interface Found {
  value: Json;
}

const ALL = Number.POSITIVE_INFINITY;

/** The names of the variables that are declared around a moment. */
export function variablesAt({ frame }: Moment): Set<string> {
  const names = new Set<string>();
  for (let at: Frame | null = frame; at !== null; at = at.around?.frame ?? null) {
    for (const name of Object.keys({ ...at.plan.vars, ...loopVarsOf(at) })) names.add(name);
  }
  return names;
}

/** What the loop declares whose iteration a list is; null for none. */
function loopVarsOf({ around }: Frame): JsonObject | null {
  if (around?.kind !== "iteration" || around.node.kind !== "container") return null;
  return around.node.loop?.vars ?? null;
}

/** Finds values of variables. */
export class Variables {
  readonly #results: Results;
  /** Whether what stands before a moment is to have ended: it is behind all that the run has done. */
  readonly #isAhead: boolean;
  readonly #begin: Begin;

  constructor(results: Results, isAhead: boolean, begin: Begin) {
    this.#results = results;
    this.#isAhead = isAhead;
    this.#begin = begin;
  }

  /** The innermost variable of a name. @throws NotKnown */
  at(name: string, { frame, index, attempt }: Moment): Json {
    const found =
      this.#inAttempts(name, frame, index, attempt - 1) ?? this.#inList(name, frame, index - 1, this.#isAhead);
    if (found !== null) return found.value;
    const { plan, around } = frame;
    const ofList = declared(plan.vars, name);
    if (ofList !== null) return this.#begin(ofList, frame, "list");
    if (around === null) throw gone(name);
    if (around.kind === "iteration" && around.node.kind === "container" && around.node.loop !== null) {
      const before = this.#inIterations(name, around, around.node, (around.iteration ?? 0) - 1);
      if (before !== null) return before.value;
    }
    const ofLoop = declared(loopVarsOf(frame), name);
    if (ofLoop !== null) return this.#begin(ofLoop, frame, "loop");
    return this.at(name, around);
  }

  /** Set by the steps of a list, the last first. @param isAhead whether these are to have ended */
  #inList(name: string, frame: Frame, last: number, isAhead = false): Found | null {
    for (let index = Math.min(last, frame.plan.nodes.length - 1); index >= 0; index--) {
      const found = this.#byStep(name, frame, index, isAhead);
      if (found !== null) return found;
    }
    return null;
  }

  #byStep(name: string, frame: Frame, index: number, isAhead: boolean): Found | null {
    const node = frame.plan.nodes[index];
    if (node === undefined || !assignedBy(node).has(name)) return null;
    const path = `${frame.prefix}${index}`;
    const result = this.#results.get(path);
    if (isAhead && (result === undefined || result.status === "running")) {
      throw new NotKnown("variable_open", { variable: name });
    }
    if (result === undefined) {
      // It has not begun, unless it was left out.
      if (this.#results.isLeftOut(path)) throw gone(name);
      return null;
    }
    if (node.kind === "step" && node.type === SET && result.status === "success") return fieldOf(result.output, name);
    const isPassed = result.status === "skipped" && result.error === null;
    if (isPassed || (node.kind === "container" && this.#results.isKeptWhole(path))) return null;
    for (let handler = node.catches.length - 1; handler >= 0; handler--) {
      const handling = handlerFrame(frame, index, node, handler);
      const found = handling === null ? null : this.#inBlock(name, handling);
      if (found !== null) return found;
    }
    return this.#inAttempts(name, frame, index, ALL);
  }

  /** Set within the attempts of a step up to one. */
  #inAttempts(name: string, frame: Frame, index: number, last: number): Found | null {
    const node = frame.plan.nodes[index];
    if (node?.kind !== "container" || !assignedWithin(node).has(name)) return null;
    const path = `${frame.prefix}${index}`;
    const attempts = this.#results.attempts(path);
    for (let attempt = Math.min(last, attempts); attempt >= 1; attempt--) {
      if (attempt < attempts && !this.#results.isLogged(path, attempt)) throw gone(name);
      const found = this.#inAttempt(name, { frame, index, attempt }, node);
      if (found !== null) return found;
    }
    return null;
  }

  #inAttempt(name: string, moment: Moment, node: ContainerNode): Found | null {
    if (node.loop !== null) {
      return this.#inIterations(name, moment, node, this.#results.lastIteration(attemptPrefix(moment)));
    }
    for (const body of this.#bodiesOf(moment, node).toReversed()) {
      const found = this.#inBlock(name, bodyFrame(moment, node, body));
      if (found !== null) return found;
    }
    return null;
  }

  /** The lists that an attempt ran: of a switch the case that was taken, where that is known. */
  #bodiesOf({ frame, index, attempt }: Moment, node: ContainerNode): readonly BodyPlan[] {
    const path = `${frame.prefix}${index}`;
    const isLast = attempt === this.#results.attempts(path);
    const details = this.#results.begunWith(path, attempt) ?? (isLast ? this.#results.get(path)?.details : undefined);
    return details?.case === undefined ? node.bodies : CONSTRUCTS[node.type].bodies(node, details);
  }

  #inIterations(name: string, moment: Moment, node: ContainerNode, last: number): Found | null {
    const [body] = node.bodies;
    if (body === undefined || !assignedIn(body.plan).includes(name)) return null;
    for (let iteration = last; iteration >= 0; iteration--) {
      const found = this.#inList(name, iterationFrame(moment, node, body, iteration), ALL);
      if (found !== null) return found;
    }
    return null;
  }

  /** Set within a list that has ended, of variables around it. */
  #inBlock(name: string, frame: Frame): Found | null {
    return declared(frame.plan.vars, name) === null ? this.#inList(name, frame, ALL) : null;
  }
}

function declared(vars: JsonObject | null, name: string): Declared | null {
  return vars !== null && Object.hasOwn(vars, name) ? { name, template: vars[name] ?? null } : null;
}

function gone(name: string): NotKnown {
  return new NotKnown("variable_gone", { variable: name });
}

function fieldOf(output: Json, name: string): Found | null {
  return isObject(output) && Object.hasOwn(output, name) ? { value: output[name] ?? null } : null;
}
