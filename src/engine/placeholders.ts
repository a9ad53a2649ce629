import { FORBIDDEN_KEYS, type Json, type JsonObject } from "../schemas/json.ts";

/** What placeholders can reach: `payload` and the output of every step that ended, by step name. */
export type Context = ReadonlyMap<string, Json>;

/** Thrown when placeholders cannot be resolved; the message says which or why. */
export class PlaceholderError extends Error {}

/** Characters that placeholders may bring into one config: a small text can name a big value many times. */
const MAX_RESOLVED = 1024 * 1024;

// `$${` writes a literal `${`.
const PLACEHOLDER = /(\$?)\$\{([^{}]*)\}/g;
const WHOLE = /^\$\{([^{}]*)\}$/;

/** Whether a value is one placeholder and nothing else, so that it may become any type. */
export function isPlaceholder(value: unknown): boolean {
  return typeof value === "string" && WHOLE.test(value);
}

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
    for (const [key, part] of Object.entries(item)) resolved[key] = resolve(part);
    return resolved;
  }

  function resolveText(text: string): Json {
    if (!text.includes("${")) return text;
    const whole = WHOLE.exec(text);
    if (whole?.[1] !== undefined) return fetch(whole[1]).value;
    return text.replace(PLACEHOLDER, (match, dollar: string, path: string) =>
      dollar === "" ? fetch(path).text : match.slice(1),
    );
  }

  function fetch(path: string): { value: Json; text: string } {
    const value = lookUp(path, context);
    const text = typeof value === "string" ? value : JSON.stringify(value);
    room -= text.length;
    if (room < 0) throw new PlaceholderError("The config is over 1 MiB once its placeholders are resolved");
    return { value, text };
  }
}

/** The segments of a path such as `payload.items[0].id`; null when it is no path. */
export function parsePath(path: string): string[] | null {
  const segments: string[] = [];
  for (const part of path.split(".")) {
    const match = /^([^[\]]+)((?:\[\d+\])*)$/.exec(part);
    if (match?.[1] === undefined) return null;
    segments.push(match[1]);
    for (const index of (match[2] ?? "").matchAll(/\d+/g)) segments.push(index[0]);
  }
  return segments;
}

function lookUp(path: string, context: Context): Json {
  // White space around a path is for the eye, unless a step's name begins or ends with it.
  const value = follow(path, context) ?? follow(path.trim(), context);
  if (value === undefined) throw new PlaceholderError(`The placeholder \${${path}} leads nowhere`);
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

/** Placeholders in a JSON value that no run may follow, such as `${payload.__proto__}`, and where they stand. */
export function forbiddenPlaceholders(value: Json): { path: (string | number)[]; placeholder: string }[] {
  if (typeof value === "string") {
    return [...value.matchAll(PLACEHOLDER)]
      .filter(
        ([, dollar, path]) =>
          dollar === "" && (parsePath(path?.trim() ?? "") ?? []).some((part) => FORBIDDEN_KEYS.has(part)),
      )
      .map(([placeholder]) => ({ path: [], placeholder }));
  }
  if (value === null || typeof value !== "object") return [];
  const parts: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return parts.flatMap(([key, part]) =>
    forbiddenPlaceholders(part).map(({ path, placeholder }) => ({ path: [key, ...path], placeholder })),
  );
}
