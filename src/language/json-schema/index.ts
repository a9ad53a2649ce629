/**
 * JSON Schema (2020-12) as far as definitions may use it: for `input` of a workflow, and for whatever else an author describes. It
 * is interpreted, and what it costs is bounded, whatever the schema and the value: more than that is a fault.
 */
import type { RequestFault } from "../../errors.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import { CheckOfValue, MAX_UNITS, TooCostly } from "./check.ts";
import { faultsOfWords } from "./words.ts";

/** Characters of a schema as JSON text. */
export const MAX_SCHEMA = 64 * 1024;
/** What the defaults of a schema may cost together, for each of its characters. */
const UNITS_OF_CHARACTER = 16;

type Loc = (string | number)[];

/**
 * The faults in a schema itself, which stands at `loc`: words that are none of ours or have a wrong value (`schema_word`),
 * references that lead nowhere or in a circle, more than MAX_SCHEMA characters (`too_large`) or 16 levels (`too_deep`), and defaults
 * that do not fit (`schema_default`). The other functions expect a schema without any.
 */
export function faultsOfSchema(schema: JsonObject, loc: Loc): RequestFault[] {
  const { length } = JSON.stringify(schema);
  if (length > MAX_SCHEMA) {
    return [{ loc, msg: `Should be at most ${MAX_SCHEMA} characters of JSON`, type: "too_large" }];
  }
  const { faults, defaults } = faultsOfWords(schema, loc);
  if (faults.length > 0) return faults;
  // All defaults of all schemas of a definition are checked for one request.
  let left = Math.min(MAX_UNITS, UNITS_OF_CHARACTER * length);
  for (const { holder, loc: at } of defaults) {
    const check = checked(schema, holder, holder.default ?? null, [], left);
    left = check.left;
    const [fault] = check.faults;
    if (fault === undefined) continue;
    const place = fault.loc.length === 0 ? "" : ` at ${fault.loc.join(".")}`;
    faults.push({ loc: at, msg: `The default does not fit${place}: ${fault.msg}`, type: "schema_default" });
    if (left < 0) break;
  }
  return faults;
}

/** The faults of a value, up to 100, each where it stands below `loc`, in the words of all requests. */
export function faultsOfValue(schema: JsonObject, value: Json, loc: Loc): RequestFault[] {
  return checked(schema, schema, value, loc, MAX_UNITS).faults;
}

function checked(root: JsonObject, schema: JsonObject, value: Json, loc: Loc, units: number): CheckOfValue {
  const check = new CheckOfValue(root, units);
  try {
    check.fits(schema, value, loc);
  } catch (error) {
    if (!(error instanceof TooCostly)) throw error;
    check.faults.push({ loc, msg: "Checking it against its schema costs too much", type: "value_error" });
  }
  return check;
}

/**
 * The value with the defaults of its schema: below `properties` alone, where a key is absent. The value itself is not changed; it
 * is given back where nothing is filled in.
 */
export function withDefaults(schema: JsonObject, value: Json): Json {
  const { properties } = schema;
  if (!isObject(properties) || !isObject(value)) return value;
  let filled: JsonObject | null = null;
  for (const [key, part] of Object.entries(properties)) {
    const isPresent = Object.hasOwn(value, key);
    const present = isObject(part) && !isPresent ? part.default : value[key];
    if (!isObject(part) || present === undefined) continue;
    const whole = withDefaults(part, present);
    if (isPresent && whole === present) continue;
    filled ??= { ...value };
    filled[key] = whole;
  }
  return filled ?? value;
}
