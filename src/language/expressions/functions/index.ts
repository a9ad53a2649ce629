import type { FunctionEntry } from "../signature.ts";
import { CONVERSIONS } from "./conversions.ts";
import { ENCODINGS } from "./encodings.ts";
import { LISTS } from "./lists.ts";
import { STRINGS } from "./strings.ts";
import { TIMES } from "./times.ts";

/** Every function of expressions, by its name. The macros, which bind names, are read by the parser. */
export const FUNCTIONS: ReadonlyMap<string, FunctionEntry> = new Map(
  [CONVERSIONS, STRINGS, LISTS, TIMES, ENCODINGS].flatMap((group) => Object.entries(group)),
);
