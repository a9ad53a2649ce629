import type { Join } from "../connectors/index.ts";
import { shortened } from "../errors.ts";
import { MAX_PLACEHOLDER, nextPlaceholder, parsePath, splitText, wholePlaceholder } from "../language/placeholder.ts";
import type { Json, JsonObject } from "../schemas/json.ts";
import { describeFailure, type FailureCode } from "../step-failures.ts";

/** What placeholders can reach: `payload` and the output of every step that ended, by step name. */
export interface Context {
  get(name: string): Json | undefined;
}

/** Thrown when placeholders cannot be resolved; the message says which or why. */
export class PlaceholderError extends Error {
  readonly code: FailureCode;
  constructor({ code, error }: { code: FailureCode; error: string }) {
    super(error);
    this.code = code;
  }
}

/** Characters that placeholders may bring into one config: a small text can name a big value many times. */
const MAX_RESOLVED = 1024 * 1024;

/**
 * Resolves every placeholder in a JSON value. A string that is exactly `${path}` becomes the value with its type;
 * inside a longer string the value is written in, objects and arrays as JSON.
 *
 * @param joins how values are written into texts of the value's own fields, where that is not as they are
 * @throws PlaceholderError naming a placeholder that leads nowhere, or when the result would be over 1 MiB.
 */
export function resolvePlaceholders(value: Json, context: Context, joins?: ReadonlyMap<string, Join>): Json {
  let room = MAX_RESOLVED;
  return resolve(value, joins);

  function resolve(item: Json, joins?: ReadonlyMap<string, Join>): Json {
    if (typeof item === "string") return resolveText(item);
    if (Array.isArray(item)) return item.map((part) => resolve(part));
    if (item === null || typeof item !== "object") return item;
    const resolved: JsonObject = {};
    for (const key of Object.keys(item)) {
      const part = item[key] ?? null;
      const join = typeof part === "string" ? joins?.get(key) : undefined;
      define(resolved, key, join === undefined ? resolve(part) : joinText(String(part), key, join));
    }
    return resolved;
  }

  function joinText(text: string, field: string, join: Join): Json {
    if (wholePlaceholder(text) !== null) return resolveText(text);
    const { fixed, paths } = splitText(text);
    const joined = join(
      fixed,
      paths.map((path) => fetch(path).text),
    );
    if (typeof joined === "string") return joined;
    throw new PlaceholderError(describeFailure("config_unfit", { place: `.${field}`, fault: joined.fault }));
  }

  function resolveText(text: string): Json {
    let found = nextPlaceholder(text, 0);
    if (found === null) return text;
    if (found.path !== null && found.start === 0 && found.end === text.length) return fetch(found.path).value;
    let resolved = "";
    let written = 0;
    for (; found !== null; found = nextPlaceholder(text, written)) {
      resolved += text.slice(written, found.start) + (found.path === null ? "${" : fetch(found.path).text);
      written = found.end;
    }
    return resolved + text.slice(written);
  }

  function fetch(path: string): { value: Json; text: string } {
    const value = lookUp(path, context);
    const text = textOf(value);
    room -= text.length;
    if (room < 0) throw new PlaceholderError(describeFailure("config_too_large", {}));
    return { value, text };
  }
}

/** A key `__proto__` is one like any other: assigned, it would be the object's prototype. */
function define(object: JsonObject, key: string, value: Json): void {
  if (key !== "__proto__") object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** A value as it is written into a text. */
function textOf(value: Json): string {
  if (typeof value === "string") return value;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function lookUp(path: string, context: Context): Json {
  // White space around a path is for the eye, unless a step's name begins or ends with it.
  const value = follow(path, context) ?? follow(path.trim(), context);
  if (value === undefined) {
    throw new PlaceholderError(
      describeFailure("placeholder_nowhere", { placeholder: `\${${shortened(path, MAX_PLACEHOLDER)}}` }),
    );
  }
  return value;
}

function follow(path: string, context: Context): Json | undefined {
  const [root, ...rest] = parsePath(path) ?? [];
  let value = root === undefined ? undefined : context.get(root);
  for (const segment of rest) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, segment)) {
      return undefined;
    }
    value = Array.isArray(value) ? value[Number(segment)] : value[segment];
  }
  return value;
}
