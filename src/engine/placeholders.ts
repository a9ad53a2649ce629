import { FORBIDDEN_KEYS, type Json, type JsonObject } from "../schemas/json.ts";

/** What placeholders can reach: `payload` and the output of every step that ended, by step name. */
export type Context = ReadonlyMap<string, Json>;

/** Thrown when a placeholder leads nowhere; the message names it. */
export class PlaceholderError extends Error {}

// `$${` writes a literal `${`.
const PLACEHOLDER = /(\$?)\$\{([^{}]*)\}/g;
const WHOLE = /^\$\{([^{}]*)\}$/;

/**
 * Resolves every placeholder in a JSON value. A string that is exactly `${path}` becomes the value with its type;
 * inside a longer string the value is written in, objects and arrays as JSON.
 *
 * @throws PlaceholderError naming a placeholder that leads nowhere.
 */
export function resolvePlaceholders(value: Json, context: Context): Json {
  if (typeof value === "string") return resolveText(value, context);
  if (Array.isArray(value)) return value.map((item) => resolvePlaceholders(item, context));
  if (value === null || typeof value !== "object") return value;
  const resolved: JsonObject = {};
  for (const [key, item] of Object.entries(value)) resolved[key] = resolvePlaceholders(item, context);
  return resolved;
}

function resolveText(text: string, context: Context): Json {
  if (!text.includes("${")) return text;
  const whole = WHOLE.exec(text);
  if (whole?.[1] !== undefined) return lookUp(whole[1], context);
  return text.replace(PLACEHOLDER, (match, dollar: string, path: string) => {
    if (dollar !== "") return match.slice(1);
    const value = lookUp(path, context);
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}

/** The segments of a path such as `payload.items[0].id`; null when it is no path. */
export function parsePath(path: string): string[] | null {
  const segments: string[] = [];
  for (const part of path.trim().split(".")) {
    const match = /^([^[\]]+)((?:\[\d+\])*)$/.exec(part);
    if (match?.[1] === undefined) return null;
    segments.push(match[1]);
    for (const index of (match[2] ?? "").matchAll(/\d+/g)) segments.push(index[0]);
  }
  return segments;
}

function lookUp(path: string, context: Context): Json {
  const [root, ...rest] = parsePath(path) ?? [];
  let value = root === undefined ? undefined : context.get(root);
  for (const segment of rest) {
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, segment)) {
      value = undefined;
      break;
    }
    value = Array.isArray(value) ? value[Number(segment)] : value[segment];
  }
  if (value === undefined) throw new PlaceholderError(`The placeholder \${${path}} leads nowhere`);
  return value;
}

/** Placeholders in a JSON value that no run may follow, such as `${payload.__proto__}`. */
export function forbiddenPlaceholders(value: Json): string[] {
  if (typeof value === "string") {
    return [...value.matchAll(PLACEHOLDER)]
      .filter(
        ([, dollar, path]) => dollar === "" && (parsePath(path ?? "") ?? []).some((part) => FORBIDDEN_KEYS.has(part)),
      )
      .map(([match]) => match);
  }
  if (value === null || typeof value !== "object") return [];
  return Object.values(value).flatMap(forbiddenPlaceholders);
}
