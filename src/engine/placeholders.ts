import type { Join } from "../connectors/index.ts";
import { shortened } from "../errors.ts";
import { VARS } from "../language/definition/variables.ts";
import { expressionOf } from "../language/expressions/cached.ts";
import { Budget, MAX_UNITS } from "../language/expressions/cost.ts";
import type { ExpressionScope } from "../language/expressions/scope.ts";
import { setField } from "../language/expressions/values/values.ts";
import { MAX_PLACEHOLDER } from "../language/placeholder.ts";
import { type Part, type PathPart, templateOf } from "../language/templates.ts";
import type { Json, JsonObject } from "../schemas/json/json.ts";
import { describeFailure, type FailureCode } from "../step-failures.ts";
import type { Meter } from "./state/scope.ts";

/** Thrown when placeholders cannot be resolved; the message says which or why. */
export class PlaceholderError extends Error {
  readonly code: FailureCode;
  constructor({ code, error }: { code: FailureCode; error: string }) {
    super(error);
    this.code = code;
  }
}

/** Characters that placeholders may bring into one config: a small text can name a big value many times. */
const MAX_RESOLVED = 1024 * 1024;
/** What all expressions of one config may cost. */
const MAX_UNITS_OF_CONFIG = 1_000_000;
/** Characters of an expression in the sentence of its failure. */
const MAX_SHOWN = 200;

/**
 * Resolves every placeholder in a JSON value. A string that is exactly `${path}` becomes the value with its type;
 * inside a longer string the value is written in, objects and arrays as JSON.
 *
 * @param meter counts what its expressions cost
 * @param joins how values are written into texts of the value's own fields, where that is not as they are
 * @throws PlaceholderError naming a placeholder that leads nowhere, or when the result would be over 1 MiB.
 */
export function resolvePlaceholders(
  value: Json,
  context: ExpressionScope,
  joins?: ReadonlyMap<string, Join>,
  meter: Meter = { units: 0 },
): Json {
  let room = MAX_RESOLVED;
  const scope = remembering(context);
  const limit = meter.units + MAX_UNITS_OF_CONFIG;
  return resolve(value, joins);

  function resolve(item: Json, joins?: ReadonlyMap<string, Join>): Json {
    if (typeof item === "string") return resolveText(item);
    if (Array.isArray(item)) return item.map((part) => resolve(part));
    if (item === null || typeof item !== "object") return item;
    const resolved: JsonObject = {};
    for (const key of Object.keys(item)) {
      const part = item[key] ?? null;
      const join = typeof part === "string" ? joins?.get(key) : undefined;
      setField(resolved, key, join === undefined ? resolve(part) : joinText(String(part), key, join));
    }
    return resolved;
  }

  function joinText(text: string, field: string, join: Join): Json {
    const { whole, fixed, parts } = templateOf(text);
    if (whole !== null) return fetch(whole).value;
    const joined = join(
      fixed,
      parts.map((part) => fetch(part).text),
    );
    if (typeof joined === "string") return joined;
    throw new PlaceholderError(describeFailure("config_unfit", { place: `.${field}`, fault: joined.fault }));
  }

  function resolveText(text: string): Json {
    if (!text.includes("${")) return text;
    const { whole, fixed, parts } = templateOf(text);
    if (whole !== null) return fetch(whole).value;
    let resolved = fixed[0] ?? "";
    for (const [index, part] of parts.entries()) resolved += fetch(part).text + (fixed[index + 1] ?? "");
    return resolved;
  }

  function fetch(part: Part): { value: Json; text: string } {
    const value = "path" in part ? lookUp(part, scope) : evaluate(part.expression, scope, meter, limit);
    const text = textOf(value);
    room -= text.length;
    if (room < 0) throw new PlaceholderError(describeFailure("config_too_large", {}));
    return { value, text };
  }
}

/** A scope whose variables are put together once, of all lists around a step, and not for each of the thousands that may name them. */
function remembering(context: ExpressionScope): ExpressionScope {
  let vars: Json | undefined;
  return {
    get(name) {
      if (name !== VARS) return context.get(name);
      vars ??= context.get(VARS);
      return vars;
    },
    step: (name) => context.step(name),
  };
}

/** A value as it is written into a text. */
function textOf(value: Json): string {
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @param limit what the meter shows when its config has cost all that it may */
function evaluate(text: string, context: ExpressionScope, meter: Meter, limit: number): Json {
  const expression = expressionOf(text);
  // Its text was checked when the definition was made, perhaps by another version of the platform.
  const budget = new Budget(Math.min(MAX_UNITS, limit - meter.units));
  const result =
    "faults" in expression ? { error: expression.faults[0]?.message ?? "" } : expression.evaluate(context, budget);
  meter.units += budget.spent;
  if ("value" in result) return result.value;
  throw new PlaceholderError(
    describeFailure("expression_failed", { expression: shortened(text.trim(), MAX_SHOWN), error: result.error }),
  );
}

function lookUp({ path, segments, trimmed }: PathPart, context: ExpressionScope): Json {
  // White space around a path is for the eye, unless a step's name begins or ends with it.
  const value = follow(segments, context) ?? follow(trimmed, context);
  if (value === undefined) {
    throw new PlaceholderError(
      describeFailure("placeholder_nowhere", { placeholder: `\${${shortened(path, MAX_PLACEHOLDER)}}` }),
    );
  }
  return value;
}

function follow(segments: readonly string[] | null, context: ExpressionScope): Json | undefined {
  const root = segments?.[0];
  if (segments === null || root === undefined) return undefined;
  let value = context.get(root);
  for (let at = 1; at < segments.length; at++) {
    const segment = segments[at] ?? "";
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, segment)) {
      return undefined;
    }
    value = Array.isArray(value) ? value[Number(segment)] : value[segment];
  }
  return value;
}
