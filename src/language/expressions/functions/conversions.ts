/** Functions from one type to another, and those of numbers. */
import { fail } from "../cost.ts";
import { expected, type Functions, method, numberOf, plain, textOf } from "../signature.ts";
import { keysOf } from "../values/equality.ts";
import { rfcText, secondsOf } from "../values/moments.ts";
import {
  Duration,
  int,
  isFields,
  isList,
  NANOSECONDS,
  NOTHING,
  Optional,
  Timestamp,
  Type,
  typeOf,
  type Value,
} from "../values/values.ts";
import { lengthOf } from "./strings.ts";

const INTEGER = /^[+-]?\d{1,19}$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TRUE = ["1", "t", "true", "True", "TRUE"];
const FALSE = ["0", "f", "false", "False", "FALSE"];

/** Of a number from a text, or of its text. */
const COST_OF_NUMBER = 1;

export const CONVERSIONS: Functions = {
  dyn: plain(1, "anything", ([value = null]) => value),
  type: plain(1, "other", ([value = null]) => new Type(typeOf(value))),
  size: {
    ...plain(1, "other", ([value = null], budget) => {
      if (typeof value === "string") return BigInt(lengthOf(value, budget));
      if (isList(value) || value instanceof Uint8Array) return BigInt(value.length);
      return BigInt(isFields(value) ? keysOf(value, budget).length : expected("a string, list or map", value));
    }),
    call: "either",
  },
  bool: plain(1, "bool", ([value]) => {
    if (typeof value === "boolean") return value;
    const text = textOf(value);
    if (TRUE.includes(text)) return true;
    return FALSE.includes(text) ? false : fail("The text is no bool");
  }),
  int: plain(1, "other", ([value], budget) => {
    budget.spend(COST_OF_NUMBER);
    if (value instanceof Timestamp) return seconds(value);
    if (value instanceof Duration) return value.nanoseconds / NANOSECONDS;
    if (typeof value === "string") return INTEGER.test(value) ? int(BigInt(value)) : fail("The text is no integer");
    const number = numberOf(value);
    if (typeof number === "bigint") return number;
    // BigInt takes no fraction, no infinity and no NaN. CEL leaves out the least integer too.
    return Math.abs(number) < 2 ** 63 ? BigInt(Math.trunc(number)) : fail("The number is no integer of 64 bits");
  }),
  double: plain(1, "other", ([value], budget) => {
    budget.spend(COST_OF_NUMBER);
    if (value instanceof Duration) return secondsOf(value);
    if (typeof value !== "string") return Number(numberOf(value));
    return DECIMAL.test(value) ? Number(value) : fail("The text is no number");
  }),
  string: plain(1, "other", ([value = null], budget) => {
    budget.spend(COST_OF_NUMBER);
    if (typeof value === "string") return value;
    if (typeof value === "boolean" || typeof value === "number" || typeof value === "bigint") return String(value);
    if (value instanceof Timestamp) return rfcText(value);
    if (value instanceof Duration) return `${secondsOf(value)}s`;
    if (!(value instanceof Uint8Array)) return fail(`string(…) takes no ${typeOf(value)}; toJson(…) writes it as JSON`);
    budget.spendCharacters(value.length);
    return decode(value);
  }),
  bytes: plain(1, "other", ([value], budget) => {
    if (value instanceof Uint8Array) return value;
    const text = textOf(value);
    budget.spendCharacters(text.length);
    return new TextEncoder().encode(text);
  }),
  round: number((value) => Math.sign(value) * Math.round(Math.abs(value))),
  ceil: number(Math.ceil),
  floor: number(Math.floor),
  abs: number(Math.abs),
  "optional.of": plain(1, "other", ([value]) => new Optional(value)),
  "optional.none": plain(0, "other", () => NOTHING),
  hasValue: method(0, "bool", ([receiver]) => optional(receiver).value !== undefined),
  value: method(0, "anything", ([receiver]) => {
    const { value } = optional(receiver);
    return value === undefined ? fail("The optional value is not there") : value;
  }),
  or: method(1, "other", ([receiver, other]) =>
    optional(receiver).value === undefined ? optional(other) : optional(receiver),
  ),
  orValue: method(1, "anything", ([receiver, other = null]) => {
    const { value } = optional(receiver);
    return value === undefined ? other : value;
  }),
};

function optional(value: Value | undefined): Optional {
  return value instanceof Optional ? value : expected("an optional value", value);
}

function number(made: (value: number) => number) {
  return plain(1, "other", ([value]) => {
    const argument = numberOf(value);
    if (typeof argument === "number") return made(argument);
    // Integers are whole already; abs alone changes them.
    return made === Math.abs && argument < 0n ? int(-argument) : argument;
  });
}

/** Whole seconds since the epoch, down to the one that has begun. */
function seconds({ nanoseconds }: Timestamp): bigint {
  const whole = nanoseconds / NANOSECONDS;
  return nanoseconds % NANOSECONDS < 0n ? whole - 1n : whole;
}

/** @throws Failure where the bytes are no UTF-8 */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return fail("The bytes are no UTF-8");
  }
}
