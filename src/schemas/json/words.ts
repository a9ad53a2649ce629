import type { TSchema } from "@sinclair/typebox";
import { type ValueError, ValueErrorType } from "@sinclair/typebox/errors";
import { brokenBound } from "./characters.ts";
import { PATTERN_WORDS } from "./patterns.ts";

/** What is said of texts. */
const TEXT_WORDS = {
  type: () => ["string_type", "Input should be a valid string"],
  minLength: ({ minLength }) => ["string_too_short", `String should have at least ${minLength} characters`],
  maxLength: ({ maxLength }) => ["string_too_long", `String should have at most ${maxLength} characters`],
  pattern: ({ pattern }) => ["value_error", PATTERN_WORDS.get(pattern) ?? `String should match the pattern ${pattern}`],
} satisfies Record<string, (schema: TSchema) => [type: string, msg: string]>;

/** The messages of the schema library, in the words of pydantic, which clients of the original know. */
const WORDS: Partial<Record<ValueErrorType, (error: ValueError) => [type: string, msg: string]>> = {
  [ValueErrorType.ObjectRequiredProperty]: () => ["missing", "Field required"],
  [ValueErrorType.ObjectAdditionalProperties]: () => ["extra_forbidden", "Extra inputs are not permitted"],
  [ValueErrorType.Object]: () => ["dict_type", "Input should be a valid dictionary"],
  [ValueErrorType.Array]: () => ["list_type", "Input should be a valid list"],
  [ValueErrorType.String]: () => TEXT_WORDS.type(),
  [ValueErrorType.Number]: () => ["float_type", "Input should be a valid number"],
  [ValueErrorType.Integer]: () => ["int_type", "Input should be a valid integer"],
  [ValueErrorType.Boolean]: () => ["bool_type", "Input should be a valid boolean"],
  [ValueErrorType.StringMinLength]: ({ schema }) => TEXT_WORDS.minLength(schema),
  [ValueErrorType.StringMaxLength]: ({ schema }) => TEXT_WORDS.maxLength(schema),
  [ValueErrorType.StringPattern]: ({ schema }) => TEXT_WORDS.pattern(schema),
  [ValueErrorType.Kind]: ({ schema, value }) => textFault(schema, value),
  [ValueErrorType.ObjectMinProperties]: ({ schema }) => [
    "too_short",
    `Dictionary should have at least ${schema.minProperties} items`,
  ],
  [ValueErrorType.ArrayMinItems]: ({ schema }) => ["too_short", `List should have at least ${schema.minItems} items`],
  [ValueErrorType.ArrayMaxItems]: ({ schema }) => ["too_long", `List should have at most ${schema.maxItems} items`],
  [ValueErrorType.NumberMinimum]: ({ schema }) => greaterOrEqual(schema.minimum),
  [ValueErrorType.NumberMaximum]: ({ schema }) => lessOrEqual(schema.maximum),
  [ValueErrorType.IntegerMinimum]: ({ schema }) => greaterOrEqual(schema.minimum),
  [ValueErrorType.IntegerMaximum]: ({ schema }) => lessOrEqual(schema.maximum),
  [ValueErrorType.Union]: ({ schema, value }) => unionFault(schema, value),
};

/** The faults of a value, in our words: those of the library may change with its version. */
export function wordsOf(error: ValueError): { type: string; msg: string } {
  const [type, msg] = WORDS[error.type]?.(error) ?? ["value_error", "Input should be one of the documented values"];
  return { type, msg };
}

/** Of a text whose characters are counted. */
function textFault(schema: TSchema, value: unknown): [string, string] {
  const { minLength = 0, maxLength = 0, pattern } = schema;
  const broken = brokenBound({ minLength, maxLength, pattern }, value) ?? "type";
  return TEXT_WORDS[broken](schema);
}

function greaterOrEqual(limit: unknown): [string, string] {
  return ["greater_than_equal", `Input should be greater than or equal to ${limit}`];
}

function lessOrEqual(limit: unknown): [string, string] {
  return ["less_than_equal", `Input should be less than or equal to ${limit}`];
}

/** A duration within bounds is a number first; literals are an enumeration; a union with null is its other part; any other is named by its description. */
function unionFault({ anyOf, description }: TSchema, value: unknown): [string, string] {
  const schemas: TSchema[] = Array.isArray(anyOf) ? anyOf : [];
  const bounded = schemas.find(({ type, minimum }) => type === "number" && minimum !== undefined);
  if (bounded !== undefined && typeof value === "number") {
    return value < bounded.minimum ? greaterOrEqual(bounded.minimum) : lessOrEqual(bounded.maximum);
  }
  if (bounded !== undefined) {
    return ["float_type", 'Input should be a valid number, or a duration of ISO 8601 such as "PT1M30S"'];
  }
  const literals = schemas.flatMap((schema) => (schema.const === undefined ? [] : [`'${String(schema.const)}'`]));
  const whole = schemas.find(({ type, minimum }) => type === "integer" && minimum !== undefined);
  if (whole !== undefined) literals.push(`a whole number from ${whole.minimum} on`);
  if (literals.length > 1) return ["enum", `Input should be ${literals.slice(0, -1).join(", ")} or ${literals.at(-1)}`];
  if (schemas.some(({ type }) => type === "null") && schemas.some(({ type }) => type === "string")) {
    return ["string_type", "Input should be a valid string"];
  }
  return ["value_error", `Input should be ${description ?? "one of the documented values"}`];
}
