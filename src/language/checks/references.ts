/** What the names that are read in a definition lead to. */
import type { RequestFault } from "../../errors.ts";
import type { Reference } from "../expressions/tree.ts";
import { handlersIn, listsIn, type StepList, stepsIn } from "./lists.ts";
import type { Scope } from "./scope.ts";

/** A name as it is read; `trimmed` is there in a path, where a run looks it up as it is written, and then without blanks around it. */
export type Read = Pick<Reference, "name" | "step" | "fields"> & { trimmed?: string };

/** Why something can't be read where it stands. */
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
  missing({ name, step, trimmed }: Read, scope: Scope): Missing | null {
    const found = trimmed ?? name;
    if (scope.step(name) !== undefined || scope.step(found) !== undefined || scope.isBound(found)) return null;
    if (found !== "steps") return this.#missingName(found, found, scope);
    if (trimmed !== undefined) return { type: "reference_unknown", msg: NO_STEPS };
    if (step === null || scope.step(step) !== undefined) return null;
    return this.#missingName(step, `step ${quoted(step)}`, scope);
  }

  #missingName(name: string, shown: string, scope: Scope): Missing {
    if (scope.isLater(name)) {
      const msg = `The step ${quoted(name)} is not over here: what comes before can be read`;
      return { type: "reference_later", msg };
    }
    this.#nested ??= nestedIn(this.#top);
    const around = this.#nested.get(name);
    if (around === undefined) return { type: "reference_unknown", msg: `There is no ${shown} here` };
    const through = around.find((one) => scope.step(one) !== undefined);
    const rest = through === undefined ? "can't be read from here" : `is reached through ${quoted(through)}`;
    return { type: "reference_hidden", msg: `The step ${quoted(name)} is inside ${quoted(around[0])} and ${rest}` };
  }
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
