/** Functions of lists and maps. */
import { type Budget, fail } from "../cost.ts";
import { BINARY } from "../evaluation/operators.ts";
import { type Functions, fieldsOf, listOf, method, numberOf, plain, wholeOf } from "../signature.ts";
import { compare, keysOf } from "../values/equality.ts";
import { canonicalText } from "../values/json.ts";
import { isList, type List, setField, type Value } from "../values/values.ts";

export const LISTS: Functions = {
  sum: method(0, "other", ([receiver], budget) => {
    const list = charged(receiver, budget);
    let sum: Value = 0n;
    for (const element of list) sum = BINARY["+"](sum, numberOf(element), budget);
    return sum;
  }),
  min: method(0, "anything", ([receiver], budget) => extreme(charged(receiver, budget), -1, budget)),
  max: method(0, "anything", ([receiver], budget) => extreme(charged(receiver, budget), 1, budget)),
  sort: method(0, "other", ([receiver], budget) => {
    const list = listOf(receiver);
    const rounds = Math.ceil(Math.log2(Math.max(2, list.length)));
    budget.spend(list.length * rounds);
    for (const element of list) if (typeof element === "string") budget.spend((element.length >> 4) * rounds);
    // One look before: a sort of two kinds would say so or not, as its comparisons fall.
    for (const element of list) compare(list[0] ?? null, element, budget);
    return [...list].sort((one, other) => compare(one, other, null));
  }),
  distinct: method(0, "other", ([receiver], budget) => {
    const seen = new Set<string>();
    return charged(receiver, budget).filter((element) => {
      const text = canonicalText(element, budget);
      return !seen.has(text) && seen.add(text);
    });
  }),
  flatten: method(0, "other", ([receiver], budget) => {
    const flat: Value[] = [];
    for (const element of charged(receiver, budget)) {
      if (!isList(element)) flat.push(element);
      else {
        budget.spend(element.length);
        for (const inner of element) flat.push(inner);
      }
    }
    return flat;
  }),
  slice: method(2, "other", ([receiver, from, to], budget) => {
    const [list, start, end] = [listOf(receiver), wholeOf(from), wholeOf(to)];
    if (start < 0 || start > end || end > list.length) {
      return fail(`The list of ${list.length} has no elements from ${start} to ${end}`);
    }
    budget.spend(end - start);
    return list.slice(start, end);
  }),
  reverse: method(0, "other", ([receiver], budget) => charged(receiver, budget).toReversed()),
  first: method(0, "anything", ([receiver]) => present(listOf(receiver)[0])),
  last: method(0, "anything", ([receiver]) => present(listOf(receiver).at(-1))),
  range: plain(1, "other", ([count], budget) => {
    const length = wholeOf(count);
    if (length < 0) return fail("A range has no negative length");
    budget.spend(length);
    return Array.from({ length }, (_, index) => BigInt(index));
  }),
  keys: method(0, "other", ([receiver], budget) => {
    const keys = keysOf(fieldsOf(receiver), budget);
    budget.spend(keys.length);
    return keys;
  }),
  values: method(0, "other", ([receiver], budget) => {
    const fields = fieldsOf(receiver);
    const keys = keysOf(fields, budget);
    budget.spend(keys.length);
    return keys.map((key) => fields[key] ?? null);
  }),
  merge: method(1, "other", ([receiver, argument], budget) => {
    const merged: { [key: string]: Value } = {};
    for (const fields of [fieldsOf(receiver), fieldsOf(argument)]) {
      const keys = keysOf(fields, budget);
      // A large map of changing keys takes twice as long to build as a list.
      budget.spend(2 * keys.length);
      for (const key of keys) setField(merged, key, fields[key] ?? null);
    }
    return merged;
  }),
};

/** A list, one unit for each of its elements. */
function charged(value: Value | undefined, budget: Budget): List {
  const list = listOf(value);
  budget.spend(list.length);
  return list;
}

/** The least or the greatest element. */
function extreme(list: List, sign: number, budget: Budget): Value {
  let found = present(list[0]);
  for (const element of list) if (compare(element, found, budget) * sign > 0) found = element;
  return found;
}

function present(element: Value | undefined): Value {
  return element === undefined ? fail("The list is empty") : element;
}
