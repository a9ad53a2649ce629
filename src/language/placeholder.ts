import { endOfString } from "../schemas/json/json.ts";
import { endOfExpression } from "./expressions/end.ts";

/** A placeholder longer than this is refused at creation; those of definitions that are stored already are followed. */
export const MAX_PLACEHOLDER = 1024;

/** What a placeholder brings: the value at a path, or of an expression. */
export type Source = { path: string } | { expression: string };

/** A `${path}` or `${{ expression }}` in a text, or `$${`, which writes a literal `${`: then it brings nothing. */
export interface Placeholder {
  start: number;
  end: number;
  source: Source | null;
}

/** Characters of `${{`. */
export const OPENING = 3;

/** Whether the text of an expression is that of one which is never ended: it still has its opening. */
export function hasNoEnd(expression: string): boolean {
  return expression.startsWith("${{");
}

/**
 * The next placeholder of a text, in time linear in the text over all calls. A path holds no brace, but for `}` in a key in
 * quotes; `${` without an end is literal text.
 */
export function nextPlaceholder(text: string, from: number): Placeholder | null {
  for (let at = text.indexOf("${", from); at !== -1; at = text.indexOf("${", at + 2)) {
    if (at > from && text.charCodeAt(at - 1) === DOLLAR) return { start: at - 1, end: at + 2, source: null };
    if (text.charCodeAt(at + 2) === OPEN_BRACE) {
      const end = endOfExpression(text, at + OPENING);
      if (end === -1) return { start: at, end: text.length, source: { expression: text.slice(at) } };
      return { start: at, end: end + 2, source: { expression: text.slice(at + OPENING, end) } };
    }
    const end = endOfPath(text, at + 2);
    if (end !== -1) return { start: at, end: end + 1, source: { path: text.slice(at + 2, end) } };
  }
  return null;
}

/** The placeholders of a text that bring something, and the fixed parts around them, one more than placeholders. */
export function splitText(text: string): { fixed: string[]; sources: Source[] } {
  const fixed: string[] = [];
  const sources: Source[] = [];
  let part = "";
  let at = 0;
  for (let found = nextPlaceholder(text, 0); found !== null; found = nextPlaceholder(text, at)) {
    part += text.slice(at, found.start);
    at = found.end;
    if (found.source === null) part += "${";
    else {
      fixed.push(part);
      sources.push(found.source);
      part = "";
    }
  }
  return { fixed: [...fixed, part + text.slice(at)], sources };
}

/** What a value brings that is one placeholder and nothing else, so that it may become any type; null of any other. */
export function wholePlaceholder(value: unknown): Source | null {
  if (typeof value !== "string" || !value.startsWith("${")) return null;
  const first = nextPlaceholder(value, 0);
  return first?.start === 0 && first.end === value.length ? first.source : null;
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
export function endOfPath(text: string, start: number): number {
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
