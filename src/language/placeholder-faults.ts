import { FORBIDDEN_KEYS, type Json } from "../schemas/json.ts";
import { parse } from "./expressions/parse.ts";
import { hasNoEnd, MAX_PLACEHOLDER, nextPlaceholder, OPENING, type Placeholder, parsePath } from "./placeholder.ts";

/** A placeholder that no run can follow, where it stands in a value, and why. */
export interface PlaceholderFault {
  path: (string | number)[];
  message: string;
  type: string;
  /** The part of the text that is meant, in UTF-16 units, where it is a part of an expression. */
  ctx?: { offset: number; length: number };
}

/** The faults in the placeholders of a JSON value that its author can mend. */
export function* placeholderFaults(value: Json, path: (string | number)[] = []): Generator<PlaceholderFault> {
  if (typeof value === "string") {
    for (let found = nextPlaceholder(value, 0); found !== null; found = nextPlaceholder(value, found.end)) {
      for (const fault of faultsOf(found)) yield { ...fault, path: [...path] };
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

function faultsOf({ start, source }: Placeholder): Omit<PlaceholderFault, "path">[] {
  if (source === null) return [];
  if ("path" in source) {
    const message = faultOfPath(source.path);
    return message === null ? [] : [{ message, type: "value_error" }];
  }
  const { expression } = source;
  if (hasNoEnd(expression)) {
    const message = "The expression has no end: }} is missing";
    return [{ message, type: "expression_syntax", ctx: { offset: start, length: expression.length } }];
  }
  const parsed = parse(expression);
  if (!("faults" in parsed)) return [];
  return parsed.faults.map(({ message, type, offset, length }) => ({
    message,
    type,
    ctx: { offset: start + OPENING + offset, length },
  }));
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
