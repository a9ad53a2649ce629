import { isObject, type Json } from "../../schemas/json/json.ts";

/** What faults call a value of a type, and the fault's word. */
const NAMES: Record<string, { word: string; name: string }> = {
  null: { word: "none_required", name: "null" },
  boolean: { word: "bool_type", name: "a valid boolean" },
  integer: { word: "int_type", name: "a valid integer" },
  number: { word: "float_type", name: "a valid number" },
  string: { word: "string_type", name: "a valid string" },
  array: { word: "list_type", name: "a valid list" },
  object: { word: "dict_type", name: "a valid dictionary" },
};

/** The word of the fault that a value is of none of these types, and their names. */
export function typesOf(types: Json): [word: string, ...names: string[]] {
  const known = (Array.isArray(types) ? types : [types]).flatMap((type) => NAMES[String(type)] ?? []);
  const names = known.map(({ name }) => name);
  return [(known.length === 1 && known[0]?.word) || "value_error", ...names];
}

export function isTyped(value: Json, types: Json): boolean {
  return Array.isArray(types) ? types.some((type) => isOfType(value, type)) : isOfType(value, types);
}

function isOfType(value: Json, type: Json): boolean {
  if (value === null) return type === "null";
  if (Array.isArray(value)) return type === "array";
  if (typeof value === "number") return type === "number" || (type === "integer" && Number.isInteger(value));
  return typeof value === type;
}

/** A text that two values have in common where they are equal: the order of keys makes no difference. */
export function canonicalText(value: Json): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return JSON.stringify(value, (_, part: Json) =>
    isObject(part) ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1))) : part,
  );
}

/** Whether a text has so many characters, those outside the basic plane counted once. */
export function hasLength(text: string, least: number, most: number): boolean {
  // Each takes one or two units.
  if (text.length < least || text.length > 2 * most) return false;
  if (text.length <= most && text.length >= 2 * least) return true;
  let length = 0;
  for (const _ of text) length++;
  return length >= least && length <= most;
}

/** Whether a number is a multiple of another as decimal numbers: 0.3 is one of 0.1. */
export function isMultiple(value: number, divisor: number): boolean {
  const [one, two] = [decimal(value), decimal(divisor)];
  const exponent = Math.min(one.exponent, two.exponent);
  const scaled = ({ digits, exponent: own }: Decimal) => digits * 10n ** BigInt(own - exponent);
  return scaled(one) % scaled(two) === 0n;
}

interface Decimal {
  digits: bigint;
  exponent: number;
}

function decimal(value: number): Decimal {
  const [, whole = "0", part = "", exponent = "0"] = /^-?(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  return { digits: BigInt(whole + part), exponent: Number(exponent) - part.length };
}
