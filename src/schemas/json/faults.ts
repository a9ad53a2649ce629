import type { Static, TSchema } from "@sinclair/typebox";
import type { ValueError } from "@sinclair/typebox/errors";
import { type RequestFault, ValidationFailed } from "../../errors.ts";
import type { Check } from "./check.ts";
import { MAX_FAULTS } from "./json.ts";
import { wordsOf } from "./words.ts";

/** The value, if it fits the schema. @throws ValidationFailed with one fault per place, `loc` starting with `root` */
export function checked<Schema extends TSchema>(
  schema: Check<Schema>,
  value: unknown,
  root: "body" | "query" | "header",
): Static<Schema> {
  if (schema.Check(value)) return value;
  throw new ValidationFailed(schemaFaults(schema.Errors(value), [root]));
}

/** One fault per place, `loc` starting with `root` (such as "body", or the path to a part of it). */
export function schemaFaults(errors: Iterable<ValueError>, root: (string | number)[]): RequestFault[] {
  const faults = new Map<string, RequestFault>();
  for (const error of errors) {
    if (faults.size === MAX_FAULTS) break;
    // A missing field is also reported as undefined of the wrong type: the first word about a place counts.
    if (faults.has(error.path)) continue;
    const { type, msg } = wordsOf(error);
    faults.set(error.path, { loc: [...root, ...segments(error)], msg, type });
  }
  return [...faults.values()];
}

/** Splits a JSON pointer (RFC 6901); indexes of arrays become numbers. */
function segments({ path }: ValueError): (string | number)[] {
  return path
    .split("/")
    .slice(1)
    .map((segment) => segment.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((segment) => (/^(?:0|[1-9]\d{0,8})$/.test(segment) ? Number(segment) : segment));
}
