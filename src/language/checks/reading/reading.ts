import type { RequestFault } from "../../../errors.ts";
import { isDeeper, type Json, MAX_DEPTH } from "../../../schemas/json/json.ts";
import type { Place } from "../../expressions/tree.ts";
import { readPlaceholders } from "../../placeholder-faults.ts";
import type { Explanation } from "../explanation.ts";
import type { Findings } from "../findings.ts";
import { Expressions } from "./expressions.ts";
import type { Loc, StepList } from "./lists.ts";
import { type Read, References, takesOutput } from "./references.ts";
import type { Condition, Scope } from "./scope.ts";

/** Reads the conditions and values of one definition, and reports what can't be in them. */
export class Reading {
  readonly #findings: Findings;
  readonly #explanation: Explanation | null;
  readonly #expressions = new Expressions();
  readonly #references: References;

  /** @param explanation what is told besides; null for nothing */
  constructor(top: StepList, findings: Findings, explanation: Explanation | null) {
    this.#findings = findings;
    this.#explanation = explanation;
    this.#references = new References(top);
  }

  /** Goes into a step. */
  enter(loc: Loc, scope: Scope): void {
    if (this.#explanation?.isFull === false) this.#explanation.addStep(loc, scope.names());
  }

  /** An expression that has to give true or false; null where it is no text, which the schema reports. */
  condition(text: Json | undefined, loc: Loc, scope: Scope): Condition | null {
    if (typeof text !== "string") return null;
    const { faults, references, gives } = this.#expressions.read(text);
    for (const { type, message: msg, offset, length } of faults) {
      this.#findings.refuse({ loc, msg, type, ctx: { offset, length } });
    }
    const steps = stepsOf(references);
    for (const read of references) this.#check(read, loc, scope, steps, { offset: read.offset, length: read.length });
    if (gives === "other") {
      const ctx = { offset: 0, length: text.length };
      this.#findings.refuse({ loc, msg: "It should give true or false", type: "not_a_condition", ctx });
    }
    return { text, steps };
  }

  /** A value that a run resolves; false where it is too deep to be read. */
  value(value: Json, root: Loc, scope: Scope): boolean {
    if (isDeeper(value, MAX_DEPTH)) {
      const msg = `Arrays and objects nest deeper than ${MAX_DEPTH}`;
      this.#findings.refuse({ loc: root, msg, type: "value_error" });
      return false;
    }
    for (const read of readPlaceholders(value, (text) => this.#expressions.read(text))) {
      if (this.#findings.isFull) break;
      const { faults, doubts, references } = read;
      const loc = [...root, ...read.path];
      for (const { message: msg, ...fault } of faults) this.#findings.refuse({ loc, msg, ...fault });
      for (const { message: msg, ...doubt } of doubts) this.#findings.warn({ loc, msg, ...doubt });
      const steps = stepsOf(references);
      for (const { ctx, ...read } of references) this.#check(read, loc, scope, steps, ctx);
    }
    return true;
  }

  /** @param asked steps that the same expression looks at by `steps` */
  #check(read: Read, loc: Loc, scope: Scope, asked: readonly string[], ctx: Place | undefined): void {
    const found = (one: Pick<RequestFault, "type" | "msg">) => ({ loc, ...one, ...(ctx !== undefined && { ctx }) });
    const missing = this.#references.missing(read, scope);
    if (missing !== null) {
      this.#findings.refuse(found(missing));
      return;
    }
    this.#explanation?.addReference(loc, this.#references.addressOf(read, scope));
    const conditional = this.#references.conditional(read, scope, asked);
    if (conditional !== null) this.#findings.warn(found(conditional));
  }
}

/** The steps of which something is asked. */
function stepsOf(references: readonly Pick<Read, "step" | "fields" | "asks">[]): string[] {
  return references.flatMap((read) => (takesOutput(read) ? [] : (read.step ?? [])));
}
