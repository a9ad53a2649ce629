import { lru } from "../../lru.ts";
import { type Compiled, compileExpression } from "./compile.ts";
import type { ExpressionFault } from "./tree.ts";

const MAX_BYTES = 16 * 1024 * 1024;
/** A part of an expression is an object and a closure of some 300 bytes in all. */
const BYTES_OF_PART = 300;

const compiled = lru<Compiled>({ maxBytes: MAX_BYTES, bytesOf: ({ size }) => size * BYTES_OF_PART });

/** Compiles an expression of a definition, or gives the one that was compiled before. */
export function expressionOf(text: string): Compiled | { faults: ExpressionFault[] } {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const result = compileExpression(text);
  if (!("faults" in result)) compiled.set(text, result);
  return result;
}
