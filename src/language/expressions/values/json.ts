/** Values as JSON. */
import type { Json } from "../../../schemas/json/json.ts";
import { MAX_DEPTH } from "../../../schemas/json/json.ts";
import { type Budget, fail } from "../cost.ts";
import { expected } from "../signature.ts";
import { keysOf } from "./equality.ts";
import { isoText, secondsOf } from "./moments.ts";
import {
  Duration,
  type Fields,
  isFields,
  isList,
  type List,
  Optional,
  setField,
  Timestamp,
  Type,
  type Value,
} from "./values.ts";

/** Characters of the JSON text that an expression may give. */
const MAX_RESULT = 1024 * 1024;

/**
 * The value as JSON, a copy. A small expression can name one list many times, in itself too, so its size is counted while
 * it is walked.
 *
 * @param spend called with the characters of each part, before that is looked into
 * @throws Failure where JSON has no such value
 */
function jsonOf(value: Value, spend: (characters: number) => void): Json {
  return walk(value, 0);

  function walk(part: Value, depth: number): Json {
    if (part === null || typeof part === "boolean") {
      spend(4);
      return part;
    }
    if (typeof part === "number" || typeof part === "bigint") {
      const number = numberOf(part);
      spend(String(number).length);
      return number;
    }
    if (typeof part !== "string") {
      if (isList(part)) return list(part, depth + 1);
      if (isFields(part)) return fields(part, depth + 1);
      if (part instanceof Duration) return walk(secondsOf(part), depth);
      return walk(textOf(part), depth);
    }
    spend(part.length + 2);
    return part;
  }

  function list(parts: List, depth: number): Json[] {
    if (depth > MAX_DEPTH) return fail(`It nests deeper than ${MAX_DEPTH}`);
    spend(parts.length + 1);
    return parts.map((part) => walk(part, depth));
  }

  function fields(parts: Fields, depth: number): Json {
    if (depth > MAX_DEPTH) return fail(`It nests deeper than ${MAX_DEPTH}`);
    const copy: { [key: string]: Json } = {};
    for (const key of Object.keys(parts)) {
      spend(key.length + 4);
      setField(copy, key, walk(parts[key] ?? null, depth));
    }
    return copy;
  }
}

function numberOf(value: number | bigint): number {
  const number = Number(value);
  if (typeof value === "bigint" && !Number.isSafeInteger(number)) {
    return fail("An integer beyond 2^53 can't be a number of JSON; string(…) makes a text of it");
  }
  return Number.isFinite(number) ? number : fail(`JSON has no number ${number}`);
}

function textOf(value: Value): string {
  if (value instanceof Timestamp) return isoText(value);
  if (value instanceof Uint8Array) return value.toBase64();
  if (value instanceof Optional) return fail("An optional value is no JSON; .orValue(…) gives what is in it");
  return fail(value instanceof Type ? "A type is no JSON" : "`steps` is read by the name of a step");
}

/** What an expression gives. @throws Failure for more than 1 MiB, or what JSON can't hold */
export function resultOf(value: Value): Json {
  let room = MAX_RESULT;
  return jsonOf(value, (characters) => {
    room -= characters;
    if (room < 0) fail("It gives more than 1 MiB");
  });
}

/** The JSON text of a value. */
export function jsonText(value: Value, budget: Budget): string {
  let rest = 0;
  const copy = jsonOf(value, (characters) => {
    budget.spendCharacters(rest + characters);
    rest = (rest + characters) % 16;
  });
  return JSON.stringify(copy);
}

/** A text that equal values share, and no others. */
export function canonicalText(value: Value, budget: Budget): string {
  if (typeof value === "string") {
    budget.spendCharacters(value.length);
    return JSON.stringify(value);
  }
  if (typeof value === "number") return String(Number.isInteger(value) ? BigInt(value) : value);
  if (value === null || typeof value !== "object") return String(value);
  if (isList(value)) {
    budget.spend(value.length);
    return `[${value.map((part) => canonicalText(part, budget)).join()}]`;
  }
  if (isFields(value)) {
    const keys = keysOf(value, budget).sort();
    budget.spend(keys.length);
    return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalText(value[key] ?? null, budget)}`).join()}}`;
  }
  if (value instanceof Uint8Array) {
    budget.spendCharacters(value.length);
    return `b${value.toBase64()}`;
  }
  if (value instanceof Timestamp) return `t${value.nanoseconds}`;
  if (value instanceof Duration) return `d${value.nanoseconds}`;
  return value instanceof Type ? `type ${value.name}` : expected("a value", value);
}
