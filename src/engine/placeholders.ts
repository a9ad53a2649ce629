import type { Json, JsonObject } from "../schemas/json.ts";
import { MAX_PLACEHOLDER, nextPlaceholder, parsePath } from "../schemas/placeholder.ts";

/** What placeholders can reach: `payload` and the output of every step that ended, by step name. */
export type Context = ReadonlyMap<string, Json>;

/** Thrown when placeholders cannot be resolved; the message says which or why. */
export class PlaceholderError extends Error {}

/** Characters that placeholders may bring into one config: a small text can name a big value many times. */
const MAX_RESOLVED = 1024 * 1024;

/**
 * Resolves every placeholder in a JSON value. A string that is exactly `${path}` becomes the value with its type;
 * inside a longer string the value is written in, objects and arrays as JSON.
 *
 * @throws PlaceholderError naming a placeholder that leads nowhere, or when the result would be over 1 MiB.
 */
export function resolvePlaceholders(value: Json, context: Context): Json {
  let room = MAX_RESOLVED;
  return resolve(value);

  function resolve(item: Json): Json {
    if (typeof item === "string") return resolveText(item);
    if (Array.isArray(item)) return item.map(resolve);
    if (item === null || typeof item !== "object") return item;
    const resolved: JsonObject = {};
    for (const key of Object.keys(item)) define(resolved, key, resolve(item[key] ?? null));
    return resolved;
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
    if (room < 0) throw new PlaceholderError("The config is over 1 MiB once its placeholders are resolved");
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
  if (value === undefined) throw new PlaceholderError(`The placeholder \${${shortened(path)}} leads nowhere`);
  return value;
}

/** Definitions from before there was a limit may hold placeholders of up to 1 MiB. */
function shortened(path: string): string {
  return path.length <= MAX_PLACEHOLDER ? path : `${path.slice(0, MAX_PLACEHOLDER)}…`;
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
