import { fail } from "../cost.ts";
import { Steps } from "../scope.ts";

/**
 * A value of CEL. JSON is used as it is, without a copy: numbers are doubles, and integers of CEL are bigints. Maps have
 * texts as keys; their fields are read as own properties alone.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Timestamp
  | Duration
  | Optional
  | Type
  | Steps
  | List
  | Fields;
export type List = readonly Value[];
export type Fields = { readonly [key: string]: Value };

/** A moment, in nanoseconds since the epoch. */
export class Timestamp {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    if (nanoseconds < FIRST_MOMENT || nanoseconds > LAST_MOMENT) fail("A timestamp lies in the years 1 to 9999");
    this.nanoseconds = nanoseconds;
  }
}

export class Duration {
  readonly nanoseconds: bigint;
  constructor(nanoseconds: bigint) {
    if (nanoseconds < -LONGEST || nanoseconds > LONGEST) fail("A duration is at most 10,000 years");
    this.nanoseconds = nanoseconds;
  }
}

/** The value of `a.?b`, which may be missing. */
export class Optional {
  readonly value: Value | undefined;
  constructor(value: Value | undefined) {
    this.value = value;
  }
}

/** The value of `type(x)`, and of the name of a type. */
export class Type {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

export const NOTHING = new Optional(undefined);

export const NANOSECONDS = 1_000_000_000n;
const FIRST_MOMENT = -62_135_596_800n * NANOSECONDS;
const LAST_MOMENT = 253_402_300_800n * NANOSECONDS - 1n;
const LONGEST = 315_576_000_000n * NANOSECONDS;
export const MAX_INT = 2n ** 63n - 1n;
export const MIN_INT = -(2n ** 63n);

/** The names of types, which are values of an expression. */
export const TYPE_NAMES = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type"] as const;

/** The type of a value, by the name that CEL gives it. */
export function typeOf(value: Value): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "number":
      return "double";
    case "bigint":
      return "int";
    case "string":
      return "string";
  }
  if (value === null) return "null_type";
  if (isList(value)) return "list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Timestamp) return "timestamp";
  if (value instanceof Duration) return "duration";
  if (value instanceof Optional) return "optional_type";
  return value instanceof Type ? "type" : "map";
}

/** The type of a value with its article, for sentences. */
export function aTypeOf(value: Value): string {
  if (value instanceof Steps) return "`steps`";
  if (value instanceof Type) return `the type \`${value.name}\``;
  const type = typeOf(value);
  return `${/^[aio]/.test(type) ? "an" : "a"} ${type}`;
}

export function isList(value: Value): value is List {
  return Array.isArray(value);
}

/** JSON and maps of ours are plain objects; all other values have a class of their own. */
export function isFields(value: Value): value is Fields {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

export function isNumber(value: Value): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

/** An integer that fits; every result of arithmetic with integers goes through here. */
export function int(value: bigint): bigint {
  return value > MAX_INT || value < MIN_INT ? fail("The integer is outside of 64 bits") : value;
}

/** The field of a map or of `steps`; undefined where there is none. */
export function fieldOf(value: Value, key: string): Value | undefined {
  if (value instanceof Steps) return value.get(key);
  if (isFields(value)) return Object.hasOwn(value, key) ? value[key] : undefined;
  return fail(`Only maps have fields, and this is ${aTypeOf(value)}`);
}

/** Sets a field of a map that is being built. A key `__proto__` is one like any other: assigned, it would be the prototype. */
export function setField(fields: { [key: string]: Value }, key: string, value: Value): void {
  if (key !== "__proto__") fields[key] = value;
  else Object.defineProperty(fields, key, { value, writable: true, enumerable: true, configurable: true });
}
