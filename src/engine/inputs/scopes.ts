/** What a step of a run could see, as it is stored: computed where it is asked for, so that what nobody names costs nothing. */
import { RUN } from "../../language/definition/facts.ts";
import { ITERATION } from "../../language/definition/loop.ts";
import { VARS } from "../../language/definition/variables.ts";
import { hasPassed } from "../../language/retrying/results.ts";
import type { Json } from "../../schemas/json/json.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import { areThose, itemsOf } from "../constructs/map.ts";
import type { MapPlan, Plan } from "../plan/plan.ts";
import type { KnownRun } from "../port.ts";
import { resultOf } from "../result.ts";
import { type Bound, Scope } from "../state/scope.ts";
import { BoundedMeter } from "./bounded-meter.ts";
import { NotKnown } from "./gaps.ts";
import { lazyFields } from "./lazy.ts";
import { type Around, type Frame, iterationFrame, type Moment } from "./places.ts";
import type { Results } from "./results.ts";
import { type Declared, Variables, variablesAt } from "./variables.ts";

/** Iterations that are computed one out of the other. */
const MAX_NESTING = 50;

type Field = [name: string, compute: () => Json];

/** Makes scopes of what is stored of a run. Reading of them may throw NotKnown. */
export class Scopes {
  readonly meter = new BoundedMeter();
  readonly #run: KnownRun;
  readonly #plan: Plan;
  readonly #results: Results;
  readonly #variables: Variables;
  /** What lists are given, by the prefixes of their paths, and what variables begin with. */
  readonly #bound = new Map<string, Bound | null>();
  readonly #begun = new Map<string, Json>();
  #nesting = 0;

  /** @param isAhead whether what the scopes are for has not begun */
  constructor(run: KnownRun, plan: Plan, results: Results, isAhead: boolean) {
    this.#run = run;
    this.#plan = plan;
    this.#results = results;
    this.#variables = new Variables(results, isAhead, (variable, frame, of) => this.#begin(variable, frame, of));
  }

  /** What can be seen at a moment of a run. */
  at(moment: Moment): Scope {
    return this.#listScope(moment.frame, moment.index, this.#varsAt(moment));
  }

  /** @param index of the step that sees it: those before it are over. Of a compensation all are that are not in its way */
  #listScope(frame: Frame, index: number, vars: Bound): Scope {
    const scope = new Scope(this.#boundIn(frame), this.#outerOf(frame, vars));
    this.#addSteps(scope, frame, index);
    return scope;
  }

  #outerOf({ around }: Frame, vars: Bound): Scope {
    if (around !== null) {
      const index = around.kind === "undoing" ? around.frame.plan.nodes.length : around.index;
      return this.#listScope(around.frame, index, vars);
    }
    // Variables come last, whatever else has their name.
    const outermost = new Scope(vars, null);
    return this.#plan.needsFacts ? new Scope({ [RUN]: this.#facts() }, outermost) : outermost;
  }

  #addSteps(scope: Scope, { plan, prefix }: Frame, index: number): void {
    for (const [at, { name }] of plan.nodes.slice(0, index).entries()) {
      const path = `${prefix}${at}`;
      const result = this.#results.get(path);
      if (result !== undefined && isOver(result)) {
        if (hasPassed(result)) scope.steps.set(name, result);
        continue;
      }
      const isOpen = !this.#results.isOver;
      scope.steps.set(name, unknownResult(new NotKnown(isOpen ? "step_open" : "step_gone", { step: name })));
    }
  }

  #boundIn(frame: Frame): Bound | null {
    const before = this.#bound.get(frame.prefix);
    if (before !== undefined) return before;
    const bound = this.#makeBound(frame);
    this.#bound.set(frame.prefix, bound);
    return bound;
  }

  #makeBound({ around }: Frame): Bound | null {
    if (around === null) return lazyFields([["payload", () => JSON.parse(this.#run.payload)]]);
    const { node, kind, frame, index, iteration } = around;
    if (kind === "handler") {
      return lazyFields([["error", () => ({ ...this.#results.handledError(`${frame.prefix}${index}`) })]]);
    }
    if (iteration === null || node.kind !== "container") return null;
    const { map, loop } = node;
    const of = (): Json =>
      lazyFields([
        ["index", () => iteration],
        ["last", () => this.#lastOf(around, iteration)],
      ]);
    const fields: Field[] = map === null ? [[ITERATION, of]] : [[map.as, () => this.#itemOf(around, map, iteration)]];
    const name = map?.index ?? loop?.index ?? null;
    return lazyFields(name === null ? fields : [...fields, [name, () => iteration]]);
  }

  #itemOf(around: Around, map: MapPlan, number: number): Json {
    this.meter.check();
    const gone = new NotKnown("items_gone", { step: around.node.name });
    const found = itemsOf(map, this.at(around), this.meter);
    const begun = this.#results.begunWith(`${around.frame.prefix}${around.index}`, around.attempt);
    if ("error" in found || (begun?.hash !== undefined && !areThose(found, begun))) throw gone;
    const item = found.items[number];
    if (item === undefined) throw gone;
    return item;
  }

  /** What the iteration before gave. */
  #lastOf(around: Around, number: number): Json {
    const [body] = around.node.kind === "container" ? around.node.bodies : [];
    if (number === 0 || body === undefined) return null;
    this.meter.check();
    if (this.#nesting >= MAX_NESTING) throw new NotKnown("too_costly");
    this.#nesting++;
    try {
      const frame = iterationFrame(around, around.node, body, number - 1);
      const scope = this.at({ frame, index: body.plan.nodes.length, attempt: 1 });
      const outcome = resultOf(body.plan.output, scope, this.meter);
      if ("error" in outcome) throw new NotKnown("iteration_gone");
      return outcome.output;
    } finally {
      this.#nesting--;
    }
  }

  #varsAt(moment: Moment): Bound {
    const names = [...variablesAt(moment)];
    if (names.length === 0) return {};
    const values = lazyFields(names.map((name) => [name, () => this.#variables.at(name, moment)]));
    return { [VARS]: values };
  }

  /** What a variable begins with, which sees what is outside of what declares it. */
  #begin({ name, template }: Declared, frame: Frame, of: "list" | "loop"): Json {
    const key = `${of} ${frame.prefix} ${name}`;
    const before = this.#begun.get(key);
    if (before !== undefined) return before;
    this.meter.check();
    const vars = frame.around === null ? {} : this.#varsAt(frame.around);
    const scope = of === "loop" ? this.#outerOf(frame, vars) : this.#listScope(frame, 0, vars);
    const outcome = resultOf(template, scope, this.meter);
    if ("error" in outcome) throw new NotKnown("variable_gone", { variable: name });
    this.#begun.set(key, outcome.output);
    return outcome.output;
  }

  #facts(): Json {
    const { started_at, ...facts } = this.#run.facts;
    const startedAt = () => {
      if (started_at === null) throw new NotKnown("run_open");
      return started_at;
    };
    return lazyFields([
      ...Object.entries(facts).map(([name, value]): Field => [name, () => value]),
      ["started_at", startedAt],
    ]);
  }
}

/** A result that can't be read. */
function unknownResult(why: NotKnown): StepResult {
  const nothing = { started_at: null, completed_at: null, output: null, error: null };
  return {
    step_name: "",
    ...nothing,
    get status(): StepResult["status"] {
      throw why;
    },
  };
}

function isOver({ status }: StepResult): boolean {
  return status !== "running" && status !== "pending";
}
