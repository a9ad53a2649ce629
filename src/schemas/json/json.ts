import { endOfNumber, isKeptNumber } from "./numbers.ts";

/** Any value that JSON can carry. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** How deep arrays and objects may nest, in a payload, a step's config and its output. */
export const MAX_DEPTH = 64;
/** And in the body of a definition: a container takes five levels. */
export const MAX_DEFINITION_DEPTH = 128;

/** Keys that other programs may take for the prototype of an object; no name or key of ours may be one. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Whether arrays and objects nest deeper than so many levels. */
export function isDeeper(value: Json, levels: number): boolean {
  if (value === null || typeof value !== "object") return false;
  // Object.values takes some hundred times as long over a long array as going through it.
  const parts = Array.isArray(value) ? value : Object.values(value);
  return levels === 0 || parts.some((part) => isDeeper(part, levels - 1));
}

export function isObject(value: Json | undefined): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export type JsonFaultKind = "number" | "string" | "key" | "depth";

/** Something in a JSON text that another store or language would not give back unchanged. */
export interface JsonFault {
  kind: JsonFaultKind;
  /** Where in the text it begins, in UTF-16 units. */
  offset: number;
}

/**
 * The value with its keys in the order in which PostgreSQL's jsonb gives them back: those of fewer bytes of UTF-8 first, and
 * by their bytes (its source, lengthCompareJsonbStringValue in jsonb_util.c).
 */
export function inJsonbOrder(value: Json): Json {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(inJsonbOrder);
  const entries = Object.entries(value).map(([key, part]): [string, Json] => [key, inJsonbOrder(part)]);
  return Object.fromEntries(entries.sort(([first], [second]) => compareKeys(first, second)));
}

function compareKeys(first: string, second: string): number {
  const [one, other] = [Buffer.from(first), Buffer.from(second)];
  return one.length - other.length || one.compare(other);
}

/** More faults would not help the sender, who could make naming them all expensive. */
export const MAX_FAULTS = 100;

/** How many faults are looked for, and from which depth on nesting is one. */
export interface JsonLimits {
  faults: number;
  depth: number;
}

const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Finds what JSON.parse would silently change or what PostgreSQL's jsonb cannot hold: integers that a double does not hold
 * exactly, numbers out of its range, NUL and lone surrogates, keys that name a prototype, nesting over the depth. One pass,
 * about 2 ns a character. The text must be valid JSON (call JSON.parse first).
 */
export function findJsonFaults(
  text: string,
  limits: JsonLimits = { faults: MAX_FAULTS, depth: MAX_DEPTH },
): JsonFault[] {
  const faults: JsonFault[] = [];
  const escapes = text.includes("\\u");
  let depth = 0;
  for (let at = 0; at < text.length && faults.length < limits.faults; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const end = endOfString(text, at);
      checkString(text, at, end, escapes, faults);
      at = end;
    } else if (code === 45 || (code >= 48 && code <= 57)) {
      const end = endOfNumber(text, at);
      if (!isKeptNumber(text, at, end)) faults.push({ kind: "number", offset: at });
      at = end;
    } else {
      if (code === 123 || code === 91) {
        depth++;
        if (depth === limits.depth + 1) faults.push({ kind: "depth", offset: at });
      } else if (code === 125 || code === 93) depth--;
      at++;
    }
  }
  return faults;
}

/** The offset after a string that begins at `start`; behind the text when it is not closed. */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE || Number.isNaN(code)) return at + 1;
  }
}

function checkString(text: string, start: number, end: number, escapes: boolean, faults: JsonFault[]): void {
  // Only a string with an escape, or one as long as a forbidden key, can be at fault; the rest costs one comparison.
  if (escapes && text.slice(start, end).includes("\\u")) {
    const value: string = JSON.parse(text.slice(start, end));
    if (value.includes("\0") || !value.isWellFormed()) faults.push({ kind: "string", offset: start });
    else if (FORBIDDEN_KEYS.has(value) && isKey(text, end)) faults.push({ kind: "key", offset: start });
    return;
  }
  const length = end - start - 2;
  if ((length === 9 || length === 11) && FORBIDDEN_KEYS.has(text.slice(start + 1, end - 1)) && isKey(text, end)) {
    faults.push({ kind: "key", offset: start });
  }
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (text.charCodeAt(at) <= 32) at++;
  return text[at] === ":";
}

/**
 * The paths of keys and indexes that lead to places in a valid JSON text, as a 422 names them, in one pass.
 * @param offsets where values or keys begin, ascending
 */
export function pathsToOffsets(text: string, offsets: readonly number[]): (string | number)[][] {
  const path: (string | number)[] = [];
  const inArray: boolean[] = [];
  const paths: (string | number)[][] = [];
  for (let at = 0; paths.length < offsets.length && at < text.length; ) {
    const char = text[at];
    const end = char === '"' ? endOfString(text, at) : at + 1;
    // The place of a key is the key itself, so it is taken into the path first.
    if (char === '"' && isKey(text, end)) path[path.length - 1] = String(JSON.parse(text.slice(at, end)));
    while (offsets[paths.length] === at) paths.push(shownPath(path));
    if (char === "{" || char === "[") {
      inArray.push(char === "[");
      path.push(char === "[" ? 0 : "");
    } else if (char === "}" || char === "]") {
      inArray.pop();
      path.pop();
    } else if (char === "," && inArray.at(-1) === true) path[path.length - 1] = Number(path.at(-1)) + 1;
    at = end;
  }
  return paths;
}

/** The beginning of a path locates deeper faults; a hundred whole paths would be far larger than the text itself. */
const MAX_PATH = 2 * MAX_DEPTH;

function shownPath(path: (string | number)[]): (string | number)[] {
  return path.length <= MAX_PATH ? [...path] : [...path.slice(0, MAX_PATH), "…"];
}
