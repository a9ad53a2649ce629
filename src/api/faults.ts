import type { Static, TSchema } from "@sinclair/typebox";
import type { TypeCheck } from "@sinclair/typebox/compiler";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { type RequestFault, ValidationFailed } from "../errors.ts";
import { MAX_FAULTS } from "../schemas/json.ts";

/** What a schema library says, in the words of pydantic, which clients of the original know. */
const WORDS: Partial<Record<ValueErrorType, (error: ValueError) => [type: string, msg: string]>> = {
  [ValueErrorType.ObjectRequiredProperty]: () => ["missing", "Field required"],
  [ValueErrorType.ObjectAdditionalProperties]: () => ["extra_forbidden", "Extra inputs are not permitted"],
  [ValueErrorType.Object]: () => ["dict_type", "Input should be a valid dictionary"],
  [ValueErrorType.Array]: () => ["list_type", "Input should be a valid list"],
  [ValueErrorType.String]: () => ["string_type", "Input should be a valid string"],
  [ValueErrorType.Number]: () => ["float_type", "Input should be a valid number"],
  [ValueErrorType.Integer]: () => ["int_type", "Input should be a valid integer"],
  [ValueErrorType.Boolean]: () => ["bool_type", "Input should be a valid boolean"],
  [ValueErrorType.StringMinLength]: ({ schema }) => [
    "string_too_short",
    `String should have at least ${schema.minLength} characters`,
  ],
  [ValueErrorType.StringMaxLength]: ({ schema }) => [
    "string_too_long",
    `String should have at most ${schema.maxLength} characters`,
  ],
  [ValueErrorType.StringPattern]: ({ schema }) => ["value_error", `String should match the pattern ${schema.pattern}`],
  [ValueErrorType.ArrayMinItems]: ({ schema }) => ["too_short", `List should have at least ${schema.minItems} items`],
  [ValueErrorType.ArrayMaxItems]: ({ schema }) => ["too_long", `List should have at most ${schema.maxItems} items`],
  [ValueErrorType.NumberMinimum]: ({ schema }) => greaterOrEqual(schema.minimum),
  [ValueErrorType.NumberMaximum]: ({ schema }) => lessOrEqual(schema.maximum),
  [ValueErrorType.IntegerMinimum]: ({ schema }) => greaterOrEqual(schema.minimum),
  [ValueErrorType.IntegerMaximum]: ({ schema }) => lessOrEqual(schema.maximum),
  [ValueErrorType.Union]: ({ schema }) => unionFault(schema),
};

/** The value, if it fits the schema. @throws ValidationFailed with one fault per place, `loc` starting with `root` */
export function checked<Schema extends TSchema>(
  schema: TypeCheck<Schema>,
  value: unknown,
  root: "body" | "query",
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
    const [type, msg] = WORDS[error.type]?.(error) ?? ["value_error", error.message];
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

function greaterOrEqual(limit: unknown): [string, string] {
  return ["greater_than_equal", `Input should be greater than or equal to ${limit}`];
}

function lessOrEqual(limit: unknown): [string, string] {
  return ["less_than_equal", `Input should be less than or equal to ${limit}`];
}

/** Literals are an enumeration; a union with null is its other part; any other says what it is in its description. */
function unionFault({ anyOf, description }: TSchema): [string, string] {
  const schemas: TSchema[] = Array.isArray(anyOf) ? anyOf : [];
  const literals = schemas.flatMap((schema) => (schema.const === undefined ? [] : [`'${String(schema.const)}'`]));
  if (literals.length > 1) return ["enum", `Input should be ${literals.slice(0, -1).join(", ")} or ${literals.at(-1)}`];
  if (schemas.some(({ type }) => type === "null") && schemas.some(({ type }) => type === "string")) {
    return ["string_type", "Input should be a valid string"];
  }
  return ["value_error", `Input should be ${description ?? "one of the documented values"}`];
}
