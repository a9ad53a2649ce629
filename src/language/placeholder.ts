import { endOfString, FORBIDDEN_KEYS, type Json } from "../schemas/json.ts";

/** A placeholder longer than this is refused at creation; those of definitions that are stored already are followed. */
export const MAX_PLACEHOLDER = 1024;

/** A `${path}` in a text, or `$${`, which writes a literal `${`: then there is no path. */
export interface Placeholder {
  start: number;
  end: number;
  path: string | null;
}

/**
 * The next placeholder of a text, in time linear in the text over all calls. A path holds no brace, but for `}` in a key in
 * quotes; `${` without an end is literal text.
 */
export function nextPlaceholder(text: string, from: number): Placeholder | null {
  for (let at = text.indexOf("${", from); at !== -1; at = text.indexOf("${", at + 2)) {
    if (at > from && text.charCodeAt(at - 1) === DOLLAR) return { start: at - 1, end: at + 2, path: null };
    const end = endOfPath(text, at + 2);
    if (end !== -1) return { start: at, end: end + 1, path: text.slice(at + 2, end) };
  }
  return null;
}

/** The paths of a text's placeholders and the fixed parts around them, one more than paths. */
export function splitText(text: string): { fixed: string[]; paths: string[] } {
  const fixed: string[] = [];
  const paths: string[] = [];
  let part = "";
  let at = 0;
  for (let found = nextPlaceholder(text, 0); found !== null; found = nextPlaceholder(text, at)) {
    part += text.slice(at, found.start);
    at = found.end;
    if (found.path === null) part += "${";
    else {
      fixed.push(part);
      paths.push(found.path);
      part = "";
    }
  }
  return { fixed: [...fixed, part + text.slice(at)], paths };
}

/** The path of a value that is one placeholder and nothing else, so that it may become any type; null of any other. */
export function wholePlaceholder(value: unknown): string | null {
  if (typeof value !== "string" || !value.startsWith("${")) return null;
  const first = nextPlaceholder(value, 0);
  return first?.start === 0 && first.end === value.length ? first.path : null;
}

const DOLLAR = 36;
const DOT = 46;
const QUOTE = 34;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Where the closing brace of a path is that begins at `start`; -1 where there is none before the next opening one. */
function endOfPath(text: string, start: number): number {
  let first = -1;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN_BRACKET && text.charCodeAt(at + 1) === QUOTE) {
      const end = endOfKey(text, at);
      for (let inside = at; first === -1 && inside < end; inside++) {
        if (text.charCodeAt(inside) === CLOSE_BRACE) first = inside;
      }
      at = Math.max(at, end - 1);
    } else if (code === CLOSE_BRACE) return at;
    else if (code === OPEN_BRACE) break;
  }
  // Without quoted keys the first brace ends it, as it always did.
  return first;
}

/** The offset behind a `["key"]` that begins at `start`; -1 where its quotes do not end so, or hold an opening brace. */
function endOfKey(text: string, start: number): number {
  for (let at = start + 2; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return text.charCodeAt(at + 1) === CLOSE_BRACKET ? at + 2 : -1;
    if (code === OPEN_BRACE) return -1;
    if (code === BACKSLASH && text.charCodeAt(at + 1) !== OPEN_BRACE) at++;
  }
  return -1;
}

/**
 * The segments of a path such as `payload.items[0].id` or `payload["a.b"]`, where the quotes hold a JSON string; null when
 * it is no path.
 */
export function parsePath(path: string): string[] | null {
  const segments: string[] = [];
  for (let at = 0; ; at++) {
    const start = at;
    while (at < path.length && !isSeparator(path.charCodeAt(at))) at++;
    if (at === start) return null;
    segments.push(path.slice(start, at));
    while (path.charCodeAt(at) === OPEN_BRACKET) {
      const quoted = path.charCodeAt(at + 1) === QUOTE;
      const end = quoted ? endOfString(path, at + 1) : endOfDigits(path, at + 1);
      if (end === at + 1 || path.charCodeAt(end) !== CLOSE_BRACKET) return null;
      const segment = path.slice(at + 1, end);
      const key = quoted ? unquoted(segment) : segment;
      if (key === null) return null;
      segments.push(key);
      at = end + 1;
    }
    if (at === path.length) return segments;
    if (path.charCodeAt(at) !== DOT) return null;
  }
}

function isSeparator(code: number): boolean {
  return code === DOT || code === OPEN_BRACKET || code === CLOSE_BRACKET;
}

function endOfDigits(text: string, start: number): number {
  let at = start;
  while (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) at++;
  return at;
}

function unquoted(text: string): string | null {
  try {
    return JSON.parse(text);
  } catch {
    // An escape that JSON does not have: the text is no path.
    return null;
  }
}

/** A placeholder that no run can follow, where it stands in a value, and why. */
export interface PlaceholderFault {
  path: (string | number)[];
  message: string;
}

/** The faults in the placeholders of a JSON value that its author can mend. */
export function* placeholderFaults(value: Json, path: (string | number)[] = []): Generator<PlaceholderFault> {
  if (typeof value === "string") {
    for (let found = nextPlaceholder(value, 0); found !== null; found = nextPlaceholder(value, found.end)) {
      const message = found.path === null ? null : faultOfPath(found.path);
      if (message !== null) yield { path: [...path], message };
    }
  } else if (value !== null && typeof value === "object") {
    const parts: Iterable<[string | number, Json]> = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, part] of parts) {
      path.push(key);
      yield* placeholderFaults(part, path);
      path.pop();
    }
  }
}

const QUOTED_KEY = /\[["']/;

function faultOfPath(path: string): string | null {
  if (path.length + 3 > MAX_PLACEHOLDER) {
    return `The placeholder \${${path.slice(0, 40)}… is longer than ${MAX_PLACEHOLDER} characters`;
  }
  const segments = parsePath(path.trim());
  if (segments === null) {
    // Any other path that is none fails its step, as it did before there were quotes.
    if (!QUOTED_KEY.test(path)) return null;
    return `The placeholder \${${path}} is no path: a key in brackets is a JSON string, such as \${payload["a.b"]}`;
  }
  if (!segments.some((segment) => FORBIDDEN_KEYS.has(segment))) return null;
  return `The placeholder \${${path}} names __proto__, constructor or prototype`;
}
