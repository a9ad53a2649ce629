import { parse } from "../../expressions/parse.ts";
import type { Gives } from "../../expressions/signature.ts";
import { type ExpressionFault, givesOf, type Reference } from "../../expressions/tree.ts";

/** Characters of the different expressions of one definition: a quarter of the largest body, which takes a quarter of a second. */
export const MAX_EXPRESSIONS = 256 * 1024;

/** What the checks ask of an expression. */
export interface Summary {
  faults: ExpressionFault[];
  references: Reference[];
  /** `other`: surely no bool. */
  gives: Gives;
}

/** Reads the expressions of one definition: each text once, and no more than a definition may have. */
export class Expressions {
  readonly #known = new Map<string, Summary>();
  #left = MAX_EXPRESSIONS;

  read(text: string): Summary {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const wasOver = this.#left < 0;
    this.#left -= text.length;
    if (this.#left < 0) return { faults: wasOver ? [] : [tooLarge(text)], references: [], gives: "anything" };
    const parsed = parse(text);
    const summary: Summary =
      "faults" in parsed
        ? { faults: parsed.faults, references: [], gives: "anything" }
        : { faults: [], references: parsed.references, gives: givesOf(parsed.root) };
    this.#known.set(text, summary);
    return summary;
  }
}

/** Said once: what comes behind is not read. */
function tooLarge(text: string): ExpressionFault {
  const message = `The expressions of the workflow are longer than ${MAX_EXPRESSIONS} characters together`;
  return { type: "expression_too_large", message, offset: 0, length: text.length };
}
