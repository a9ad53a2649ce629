/** Whether values are equal, and which comes first. Each comparison is charged by the size of what it looks at. */
import { type Budget, fail } from "../cost.ts";
import { aTypeOf, Duration, isFields, isList, isNumber, Optional, Timestamp, Type, type Value } from "./values.ts";

/** Numbers are equal by their value, whatever their type; values of different types are not equal. */
export function areEqual(one: Value, other: Value, budget: Budget): boolean {
  if (typeof one === "string") {
    if (typeof other !== "string" || one.length !== other.length) return false;
    budget.spendCharacters(one.length);
    return one === other;
  }
  // biome-ignore lint/suspicious/noDoubleEquals: an integer and a double of the same value are equal
  if (isNumber(one)) return isNumber(other) && one == other;
  if (one === null || typeof one !== "object" || other === null || typeof other !== "object") return one === other;
  if (isList(one)) return isList(other) && areListsEqual(one, other, budget);
  if (isFields(one)) return isFields(other) && areMapsEqual(one, other, budget);
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    if (one.length !== other.length) return false;
    budget.spendCharacters(one.length);
    return one.every((byte, index) => byte === other[index]);
  }
  if (one instanceof Timestamp && other instanceof Timestamp) return one.nanoseconds === other.nanoseconds;
  if (one instanceof Duration && other instanceof Duration) return one.nanoseconds === other.nanoseconds;
  if (one instanceof Type && other instanceof Type) return one.name === other.name;
  if (!(one instanceof Optional) || !(other instanceof Optional)) return false;
  if (one.value === undefined || other.value === undefined) return one.value === other.value;
  return areEqual(one.value, other.value, budget);
}

function areListsEqual(one: readonly Value[], other: readonly Value[], budget: Budget): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index++) {
    budget.spend(1);
    if (!areEqual(one[index] ?? null, other[index] ?? null, budget)) return false;
  }
  return true;
}

function areMapsEqual(
  one: { readonly [key: string]: Value },
  other: { readonly [key: string]: Value },
  budget: Budget,
): boolean {
  const keys = keysOf(one, budget);
  if (keys.length !== keysOf(other, budget).length) return false;
  for (const key of keys) {
    // In a map of many fields each look takes twice as long as in a list.
    budget.spend(2);
    if (!Object.hasOwn(other, key) || !areEqual(one[key] ?? null, other[key] ?? null, budget)) return false;
  }
  return true;
}

/** The keys of a map, in its order. How many there are is known only once they are listed. */
export function keysOf(fields: { readonly [key: string]: Value }, budget: Budget): string[] {
  const keys = Object.keys(fields);
  budget.spendCharacters(keys.length);
  return keys;
}

/** `in`: an element of a list, or a key of a map. */
export function isIn(value: Value, container: Value, budget: Budget): boolean {
  if (isList(container)) {
    for (const element of container) {
      budget.spend(1);
      if (areEqual(value, element, budget)) return true;
    }
    return false;
  }
  if (!isFields(container)) return fail(`\`in\` looks into a list or a map, not into ${aTypeOf(container)}`);
  return typeof value === "string" && Object.hasOwn(container, value);
}

/**
 * Below zero where the first value comes first, above where the second does; NaN, which is never before or after another
 * number, gives NaN. Without a budget the comparison was charged before.
 */
export function compare(one: Value, other: Value, budget: Budget | null): number {
  if (isNumber(one) && isNumber(other)) {
    // biome-ignore lint/suspicious/noDoubleEquals: as above
    return one < other ? -1 : one > other ? 1 : one == other ? 0 : Number.NaN;
  }
  if (typeof one === "string" && typeof other === "string") {
    budget?.spendCharacters(Math.min(one.length, other.length));
    return compareTexts(one, other);
  }
  if (typeof one === "boolean" && typeof other === "boolean") return Number(one) - Number(other);
  if (one instanceof Timestamp && other instanceof Timestamp) return order(one.nanoseconds, other.nanoseconds);
  if (one instanceof Duration && other instanceof Duration) return order(one.nanoseconds, other.nanoseconds);
  if (one instanceof Uint8Array && other instanceof Uint8Array) {
    budget?.spendCharacters(Math.min(one.length, other.length));
    return Buffer.compare(one, other);
  }
  return fail(`Neither of ${aTypeOf(one)} and ${aTypeOf(other)} comes first`);
}

function order(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** By code points: UTF-16 would put those above U+FFFF before U+E000. */
function compareTexts(one: string, other: string): number {
  if (one === other) return 0;
  const length = Math.min(one.length, other.length);
  if (!SURROGATES.test(one.slice(0, length)) && !SURROGATES.test(other.slice(0, length))) return one < other ? -1 : 1;
  let at = 0;
  while (at < length && one.charCodeAt(at) === other.charCodeAt(at)) at++;
  if (at === length) return one.length - other.length;
  const [first, second] = [one.charCodeAt(at), other.charCodeAt(at)];
  const isSurrogate = (code: number) => code >= 0xd800 && code <= 0xdfff;
  if (isSurrogate(first) !== isSurrogate(second)) return isSurrogate(first) ? 1 : -1;
  return first - second;
}

const SURROGATES = /[\ud800-\udfff]/;
