/** What a function of expressions is, and how it reads its arguments. */
import { type Budget, fail } from "./cost.ts";
import { aTypeOf, type Fields, isFields, isList, isNumber, type List, type Value } from "./values/values.ts";

/** What an expression gives, as far as its text shows: a bool, surely none, or anything. */
export type Gives = "bool" | "other" | "anything";

export interface FunctionEntry {
  /** `a.f(b)`, `f(a, b)`, or both. The receiver is the first argument. */
  call: "method" | "function" | "either";
  /** How many arguments it takes, a receiver included. */
  least: number;
  most: number;
  gives: Gives;
  /** Charges before it works. @throws Failure */
  run(args: Value[], budget: Budget): Value;
}

export type Functions = Record<string, FunctionEntry>;
type Run = FunctionEntry["run"];
type Counts = number | [least: number, most: number];

/** `a.f(…)`, with so many arguments besides its receiver. */
export function method(counts: Counts, gives: Gives, run: Run): FunctionEntry {
  const [least, most] = typeof counts === "number" ? [counts, counts] : counts;
  return { call: "method", least: least + 1, most: most + 1, gives, run };
}

/** `f(…)`, with so many arguments. */
export function plain(counts: Counts, gives: Gives, run: Run): FunctionEntry {
  const [least, most] = typeof counts === "number" ? [counts, counts] : counts;
  return { call: "function", least, most, gives, run };
}

export function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : expected("a string", value);
}

export function listOf(value: Value | undefined): List {
  return value !== undefined && isList(value) ? value : expected("a list", value);
}

export function fieldsOf(value: Value | undefined): Fields {
  return value !== undefined && isFields(value) ? value : expected("a map", value);
}

export function numberOf(value: Value | undefined): number | bigint {
  return value !== undefined && isNumber(value) ? value : expected("a number", value);
}

/** A whole number that a position or a count can be; doubles may be whole too, since JSON has no other numbers. */
export function wholeOf(value: Value | undefined): number {
  const number = Number(numberOf(value));
  return Number.isSafeInteger(number) ? number : fail("Expected a whole number");
}

/** The texts of a list. */
export function textsOf(value: Value | undefined): string[] {
  return listOf(value).map(textOf);
}

export function expected(type: string, value: Value | undefined): never {
  return fail(`Expected ${type}, not ${aTypeOf(value ?? null)}`);
}
