import { FORBIDDEN_KEYS, type Json } from "../schemas/json/json.ts";
import type { ExpressionFault, Place, Reference } from "./expressions/tree.ts";
import { hasNoEnd, MAX_PLACEHOLDER, nextPlaceholder, OPENING, type Placeholder, parsePath } from "./placeholder.ts";

/** A placeholder that no run can follow: why, and the part of the text that is meant where it is a part of an expression. */
export interface PlaceholderFault {
  message: string;
  type: string;
  ctx?: Place;
}

/** A name that a placeholder reads. */
export interface PlaceholderReference extends Pick<Reference, "name" | "step" | "fields" | "asks"> {
  /** Of a path: its first name without the blanks around it, which is looked up where the other is not there. */
  trimmed?: string;
  /** The part of the text, where it is a part of an expression. */
  ctx?: Place;
}

/** What is known of a placeholder: where it stands in a value, what is wrong or doubtful in it, or else what it reads. */
export interface PlaceholderRead {
  path: (string | number)[];
  faults: PlaceholderFault[];
  doubts: PlaceholderFault[];
  references: PlaceholderReference[];
}

/** Reads the text of an expression. */
type ReadExpression = (text: string) => { faults: ExpressionFault[]; references: Reference[] };

/** What is wrong in the placeholders of a JSON value, as far as its author can mend it, and what they read. */
export function* readPlaceholders(
  value: Json,
  read: ReadExpression,
  path: (string | number)[] = [],
): Generator<PlaceholderRead> {
  if (typeof value === "string") {
    for (let found = nextPlaceholder(value, 0); found !== null; found = nextPlaceholder(value, found.end)) {
      const { faults = [], doubts = [], references = [] } = partsOf(found, read);
      if (faults.length + doubts.length + references.length > 0) yield { path: [...path], faults, doubts, references };
    }
  } else if (value !== null && typeof value === "object") {
    const parts: Iterable<[string | number, Json]> = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [key, part] of parts) {
      path.push(key);
      yield* readPlaceholders(part, read, path);
      path.pop();
    }
  }
}

function partsOf({ start, source }: Placeholder, read: ReadExpression): Partial<Omit<PlaceholderRead, "path">> {
  if (source === null) return {};
  if ("path" in source) return partsOfPath(source.path);
  const { expression } = source;
  if (hasNoEnd(expression)) {
    const message = "The expression has no end: }} is missing";
    return { faults: [{ message, type: "expression_syntax", ctx: { offset: start, length: expression.length } }] };
  }
  const { faults, references } = read(expression);
  const placeOf = ({ offset, length }: Place): Place => ({ offset: start + OPENING + offset, length });
  return {
    faults: faults.map(({ message, type, ...place }) => ({ message, type, ctx: placeOf(place) })),
    references: references.map(({ name, step, fields, asks, ...place }) => {
      return { name, step, fields, ...(asks && { asks }), ctx: placeOf(place) };
    }),
  };
}

const QUOTED_KEY = /\[["']/;
const EMPTY_NAME = /^$|^\.|\.\.|\.$/;
/** An operator between blanks, or a call: of a path they are parts of a name, where an expression was meant. */
const COMPUTES = /\s(?:[-+*/%<>?:]|[=!<>]=|&&|\|\||in)\s|\w\(/;

function partsOfPath(path: string): Partial<Omit<PlaceholderRead, "path">> {
  if (path.length + 3 > MAX_PLACEHOLDER) {
    return wrong(`The placeholder \${${path.slice(0, 40)}… is longer than ${MAX_PLACEHOLDER} characters`);
  }
  const segments = parsePath(path.trim());
  if (segments === null) {
    if (EMPTY_NAME.test(path.trim())) return wrong(`The placeholder \${${path}} is no path: it has an empty name`);
    // Any other path that is none fails its step, as it did before there were quotes.
    if (!QUOTED_KEY.test(path)) return { doubts: [doubt(path, "is no path, so that its step fails")] };
    return wrong(
      `The placeholder \${${path}} is no path: a key in brackets is a JSON string, such as \${payload["a.b"]}`,
    );
  }
  if (segments.some((segment) => FORBIDDEN_KEYS.has(segment))) {
    return wrong(`The placeholder \${${path}} names __proto__, constructor or prototype`);
  }
  const [trimmed = "", ...fields] = segments;
  const [name = trimmed] = parsePath(path) ?? [];
  const computing = QUOTED_KEY.test(path) ? undefined : segments.find((segment) => COMPUTES.test(segment));
  const doubts = computing === undefined ? [] : [doubt(path, `reads what is named ${JSON.stringify(computing)}`)];
  return { doubts, references: [{ name, step: null, fields, trimmed }] };
}

function doubt(path: string, why: string): PlaceholderFault {
  const message = `The placeholder \${${path}} ${why}: an expression is written \${{ ${path.trim()} }}`;
  return { message, type: "placeholder_computes" };
}

function wrong(message: string): { faults: PlaceholderFault[] } {
  return { faults: [{ message, type: "value_error" }] };
}
