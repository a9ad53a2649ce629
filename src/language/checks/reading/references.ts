/** What the names that are read in a definition lead to. */
import type { RequestFault } from "../../../errors.ts";
import { isObject, type JsonObject } from "../../../schemas/json/json.ts";
import { FACTS, RUN } from "../../definition/facts.ts";
import { VARS } from "../../definition/variables.ts";
import type { Reference } from "../../expressions/tree.ts";
import { handlersIn, listsIn, type StepList, stepsIn } from "./lists.ts";
import { forbiddenField } from "./payload.ts";
import type { Scope } from "./scope.ts";

/** A name as it is read; `trimmed` is there in a path, where a run looks it up as it is written, and then without blanks around it. */
export type Read = Pick<Reference, "name" | "step" | "fields" | "asks"> & { trimmed?: string };

/** Whether the output of a step is taken for there: any other field of `steps` tells of it. */
export function takesOutput({ step, fields, asks }: Pick<Read, "step" | "fields" | "asks">): boolean {
  return step !== null && fields[1] === "output" && asks !== true;
}

/** Why something can't be read where it stands, or may not be there. */
export type Missing = Pick<RequestFault, "type" | "msg">;

const NO_STEPS = "There is no steps here: expressions have it, such as ${{ steps.charge.status }}";

/** Tells for a whole definition what can be read where. */
export class References {
  readonly #top: StepList;
  /** The steps around each step that stands in another, by its name; null until one is asked for. */
  #nested: Map<string, string[]> | null = null;

  constructor(top: StepList) {
    this.#top = top;
  }

  /** Why a name can't be read in a scope; null where it can. */
  missing({ name, step, fields, trimmed }: Read, scope: Scope): Missing | null {
    const found = trimmed ?? name;
    if (found === "payload") {
      const forbidden = forbiddenField(fields, this.#top.list.input);
      return forbidden === null
        ? null
        : { type: "reference_unknown", msg: `The input of the workflow has no ${forbidden}` };
    }
    if (scope.step(name) !== undefined || scope.step(found) !== undefined) return null;
    if (found === RUN && scope.isBound(RUN) && !scope.isLater(RUN)) return unknownFact(fields);
    if (scope.isBound(found)) return null;
    if (found === VARS && scope.hasVariable()) {
      const [variable] = fields;
      return variable === undefined || scope.hasVariable(variable) ? null : unknownVariable(variable);
    }
    if (found !== "steps") return this.#missingName(found, found, scope);
    if (trimmed !== undefined) return { type: "reference_unknown", msg: NO_STEPS };
    if (step === null) return null;
    if (scope.step(step) !== undefined) return unknownKnowledge(fields);
    return this.#missingName(step, `step ${quoted(step)}`, scope);
  }

  /** The address of the step that a name is in a scope, or the name of the value. */
  addressOf({ name, step, trimmed = name }: Read, scope: Scope): string {
    const found = scope.step(name) ?? scope.step(trimmed) ?? (step === null ? undefined : scope.step(step));
    return found?.address ?? trimmed;
  }

  /**
   * Why a name may have nothing to read though the step is over; null where it has, or where that is asked about.
   *
   * @param asked the steps that the same expression looks at by `steps`
   */
  conditional(read: Read, scope: Scope, asked: readonly string[]): Missing | null {
    const { name, trimmed = name } = read;
    const taken = takesOutput(read) && read.step !== null ? scope.step(read.step) : undefined;
    const { step } = scope.step(name) ?? scope.step(trimmed) ?? taken ?? {};
    if (step === undefined) return null;
    const why = whyNothing(step);
    if (why === null) return null;
    const stepName = String(step.name);
    const isAsked = (steps: readonly string[]) => steps.includes(stepName);
    const isSame = (text: string) => why === IF && text === step.if;
    if (isAsked(asked) || scope.hasCondition(({ text, steps }) => isAsked(steps) || isSame(text))) return null;
    const msg = `The step ${quoted(stepName)} has ${why}, so it may have no output: ask with has(${asField(stepName)}.output)`;
    return { type: "reference_conditional", msg };
  }

  #missingName(name: string, shown: string, scope: Scope): Missing {
    if (scope.isLater(name)) {
      const msg = `The step ${quoted(name)} is not over here: what comes before can be read`;
      return { type: "reference_later", msg };
    }
    this.#nested ??= nestedIn(this.#top);
    const around = this.#nested.get(name);
    if (around === undefined) {
      const hint = /[()+*/?<>=!&|]/.test(name) ? ": an expression is written ${{ … }}" : "";
      return { type: "reference_unknown", msg: `There is no ${shown} here${hint}` };
    }
    const through = around.find((one) => scope.step(one) !== undefined);
    const rest = through === undefined ? "can't be read from here" : `is reached through ${quoted(through)}`;
    return { type: "reference_hidden", msg: `The step ${quoted(name)} is inside ${quoted(around[0])} and ${rest}` };
  }
}

/** Of a variable that no list around declares. */
export function unknownVariable(name: string): Missing {
  const msg = `There is no variable ${quoted(name)} here: the \`vars\` of the lists around declare them`;
  return { type: "variable_unknown", msg };
}

function unknownFact([fact]: readonly string[]): Missing | null {
  if (fact === undefined || FACTS.has(fact)) return null;
  return { type: "reference_unknown", msg: `There is no ${fact} of a run: it has ${[...FACTS].join(", ")}` };
}

/** What is known of a step that is over. */
const KNOWN = ["status", "output", "error", "started_at", "completed_at", "attempts", "details"];

/** @param fields of `steps`: the step, and what is read of it */
function unknownKnowledge([, field]: readonly string[]): Missing | null {
  if (field === undefined || KNOWN.includes(field)) return null;
  return { type: "reference_unknown", msg: `There is no ${field} of a step: it has ${KNOWN.join(", ")}` };
}

const IF = "an `if`";

/** Why a step that is over may have no output; null where it has. */
function whyNothing({ if: condition, on_error: onError, catch: catches }: JsonObject): string | null {
  if (condition !== undefined) return IF;
  if (onError === "continue") return "`on_error: continue`";
  const handlers = Array.isArray(catches) ? catches : [];
  return handlers.some((one) => isObject(one) && one.output === undefined) ? "a `catch` without output" : null;
}

/** `steps.charge`, or `steps["my step"]` */
function asField(step: string): string {
  return /^[A-Za-z_]\w*$/.test(step) ? `steps.${step}` : `steps[${quoted(step)}]`;
}

function nestedIn(top: StepList): Map<string, string[]> {
  const found = new Map<string, string[]>();
  visit(top, []);
  return found;

  function visit(list: StepList, around: string[]): void {
    for (const { step } of stepsIn(list)) {
      const { name } = step;
      if (typeof name !== "string") continue;
      if (around.length > 0 && !found.has(name)) found.set(name, around);
      const inside = [...around, name];
      for (const body of [...listsIn(step.type, step.config, []), ...handlersIn(step, [])]) visit(body, inside);
    }
  }
}

function quoted(name: string | undefined): string {
  return JSON.stringify(name ?? "");
}
