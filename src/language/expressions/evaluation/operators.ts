/** Arithmetic. JSON's numbers are doubles: an integer beside one becomes a double. */
import { type Budget, fail } from "../cost.ts";
import { areEqual, compare, isIn } from "../values/equality.ts";
import { aTypeOf, Duration, int, isList, isNumber, Timestamp, type Value } from "../values/values.ts";

export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "==" | "!=" | "<" | "<=" | ">" | ">=" | "in";

export const BINARY: Record<BinaryOperator, (one: Value, other: Value, budget: Budget) => Value> = {
  "+": add,
  "-": subtract,
  "*": (one, other) => {
    if (typeof one === "bigint" && typeof other === "bigint") return int(one * other);
    return isNumber(one) && isNumber(other) ? Number(one) * Number(other) : unfit("*", one, other);
  },
  "/": (one, other) => {
    if (typeof one === "bigint" && typeof other === "bigint") {
      return other === 0n ? fail("An integer is divided by zero") : int(one / other);
    }
    return isNumber(one) && isNumber(other) ? Number(one) / Number(other) : unfit("/", one, other);
  },
  "%": (one, other) => {
    if (typeof one === "bigint" && typeof other === "bigint") {
      return other === 0n ? fail("An integer is divided by zero") : one % other;
    }
    return isNumber(one) && isNumber(other) ? Number(one) % Number(other) : unfit("%", one, other);
  },
  "==": areEqual,
  "!=": (one, other, budget) => !areEqual(one, other, budget),
  "<": (one, other, budget) => compare(one, other, budget) < 0,
  "<=": (one, other, budget) => compare(one, other, budget) <= 0,
  ">": (one, other, budget) => compare(one, other, budget) > 0,
  ">=": (one, other, budget) => compare(one, other, budget) >= 0,
  in: isIn,
};

function add(one: Value, other: Value, budget: Budget): Value {
  if (typeof one === "bigint" && typeof other === "bigint") return int(one + other);
  if (isNumber(one) && isNumber(other)) return Number(one) + Number(other);
  if (typeof one === "string" && typeof other === "string") {
    budget.spendCharacters(one.length + other.length);
    return one + other;
  }
  if (isList(one) && isList(other)) {
    budget.spend(one.length + other.length);
    return [...one, ...other];
  }
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    budget.spendCharacters(one.length + other.length);
    const bytes = new Uint8Array(one.length + other.length);
    bytes.set(one);
    bytes.set(other, one.length);
    return bytes;
  }
  if (one instanceof Timestamp && other instanceof Duration) return moved(one, other.nanoseconds);
  if (one instanceof Duration && other instanceof Timestamp) return moved(other, one.nanoseconds);
  if (one instanceof Duration && other instanceof Duration) return new Duration(one.nanoseconds + other.nanoseconds);
  return unfit("+", one, other);
}

function subtract(one: Value, other: Value): Value {
  if (typeof one === "bigint" && typeof other === "bigint") return int(one - other);
  if (isNumber(one) && isNumber(other)) return Number(one) - Number(other);
  if (one instanceof Timestamp && other instanceof Duration) return moved(one, -other.nanoseconds);
  if (one instanceof Timestamp && other instanceof Timestamp) return new Duration(one.nanoseconds - other.nanoseconds);
  if (one instanceof Duration && other instanceof Duration) return new Duration(one.nanoseconds - other.nanoseconds);
  return unfit("-", one, other);
}

function moved(moment: Timestamp, nanoseconds: bigint): Timestamp {
  return new Timestamp(moment.nanoseconds + nanoseconds);
}

/** `-x`. */
export function negate(value: Value): Value {
  if (typeof value === "bigint") return int(-value);
  return typeof value === "number" ? -value : fail(`There is no negative of ${aTypeOf(value)}`);
}

/** `a[b]`; undefined where there is no such element. */
export function elementOf(value: Value, index: Value): Value | undefined {
  if (!isList(value)) return undefined;
  const position = typeof index === "bigint" ? Number(index) : index;
  if (typeof position !== "number" || !Number.isInteger(position)) {
    return fail(`A list is read by whole numbers, not by ${aTypeOf(index)}`);
  }
  return position < 0 ? undefined : value[position];
}

function unfit(operator: string, one: Value, other: Value): never {
  return fail(`\`${operator}\` does not take ${aTypeOf(one)} and ${aTypeOf(other)}`);
}
