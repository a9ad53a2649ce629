/** Functions of strings. Positions count characters, not the halves of those above U+FFFF. */
import { type Budget, fail } from "../cost.ts";
import { type Functions, method, textOf, textsOf, wholeOf } from "../signature.ts";
import type { Value } from "../values/values.ts";

export const STRINGS: Functions = {
  startsWith: method(
    1,
    "bool",
    test((text, part) => text.startsWith(part)),
  ),
  endsWith: method(
    1,
    "bool",
    test((text, part) => text.endsWith(part)),
  ),
  contains: method(
    1,
    "bool",
    test((text, part) => text.includes(part)),
  ),
  indexOf: method([1, 2], "other", ([receiver, part, from], budget) => {
    const [text, search] = [textOf(receiver), textOf(part)];
    budget.spendCharacters(text.length + search.length);
    const start = from === undefined ? 0 : position(text, wholeOf(from));
    return BigInt(pointsBefore(text, text.indexOf(search, start)));
  }),
  lastIndexOf: method([1, 2], "other", ([receiver, part, from], budget) => {
    const [text, search] = [textOf(receiver), textOf(part)];
    budget.spendCharacters(text.length + search.length);
    const start = from === undefined ? text.length : position(text, wholeOf(from));
    return BigInt(pointsBefore(text, text.lastIndexOf(search, start)));
  }),
  substring: method([1, 2], "other", ([receiver, from, to], budget) => {
    const text = textOf(receiver);
    budget.spendCharacters(text.length);
    const start = position(text, wholeOf(from));
    const end = to === undefined ? text.length : position(text, wholeOf(to));
    return start > end ? fail("The end lies before the start") : text.slice(start, end);
  }),
  lowerAscii: method(
    0,
    "other",
    change((text) => text.replace(/[A-Z]+/g, (part) => part.toLowerCase())),
  ),
  upperAscii: method(
    0,
    "other",
    change((text) => text.replace(/[a-z]+/g, (part) => part.toUpperCase())),
  ),
  trim: method(
    0,
    "other",
    change((text) => text.trim()),
  ),
  split: method([1, 2], "other", ([receiver, separator, limit], budget) => {
    const [text, between] = [textOf(receiver), textOf(separator)];
    budget.spendCharacters(text.length);
    const parts = between === "" ? Array.from(text) : text.split(between);
    budget.spend(parts.length);
    const most = limit === undefined ? -1 : wholeOf(limit);
    if (most < 0 || parts.length <= most) return parts;
    return most === 0 ? [] : [...parts.slice(0, most - 1), parts.slice(most - 1).join(between)];
  }),
  join: method([0, 1], "other", ([receiver, separator], budget) => {
    const parts = textsOf(receiver);
    const between = separator === undefined ? "" : textOf(separator);
    budget.spend(parts.length);
    budget.spendCharacters(parts.reduce((sum, part) => sum + part.length, between.length * parts.length));
    return parts.join(between);
  }),
  replace: method(2, "other", ([receiver, search, replacement], budget) => {
    const [text, from, to] = [textOf(receiver), textOf(search), textOf(replacement)];
    if (from === "") return fail("There is no text to replace");
    budget.spendCharacters(text.length + from.length);
    const parts = text.split(from);
    budget.spend(parts.length);
    budget.spendCharacters(text.length + (parts.length - 1) * to.length);
    return parts.join(to);
  }),
};

function test(holds: (text: string, part: string) => boolean) {
  return ([receiver, argument]: Value[], budget: Budget): Value => {
    const [text, part] = [textOf(receiver), textOf(argument)];
    budget.spendCharacters(text.length + part.length);
    return holds(text, part);
  };
}

function change(made: (text: string) => string) {
  return ([receiver]: Value[], budget: Budget): Value => {
    const text = textOf(receiver);
    budget.spendCharacters(text.length);
    return made(text);
  };
}

const SURROGATES = /[\ud800-\udfff]/;

/** How many characters a text has. */
export function lengthOf(text: string, budget: Budget): number {
  budget.spendCharacters(text.length);
  return pointsBefore(text, text.length);
}

/** How many characters lie before an offset in UTF-16 units; -1 stays what it is. */
function pointsBefore(text: string, offset: number): number {
  if (offset < 0 || !SURROGATES.test(text)) return offset;
  let count = offset;
  for (let at = 0; at < offset - 1; at++) if (isPair(text, at)) count--;
  return count;
}

/** The offset in UTF-16 units of the character at an index. */
function position(text: string, index: number): number {
  // Looked at first: an index may be any number, and each character up to it is passed.
  if (index < 0 || index > text.length) return fail(`The text has no position ${index}`);
  let at = index;
  if (index > 0 && SURROGATES.test(text)) {
    at = 0;
    for (let passed = 0; passed < index; passed++) at += isPair(text, at) ? 2 : 1;
  }
  return at > text.length ? fail(`The text has no position ${index}`) : at;
}

function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff;
}
