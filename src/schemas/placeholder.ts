import { FORBIDDEN_KEYS, type Json } from "./json.ts";

/** `${path}` in a text, or `$${`, which writes a literal `${`: then there is no path. */
export const PLACEHOLDER = /\$\$\{|\$\{([^{}]*)\}/g;

const WHOLE = /^\$\{([^{}]*)\}$/;

/** The path of a value that is one placeholder and nothing else, so that it may become any type; null of any other. */
export function wholePlaceholder(value: unknown): string | null {
  return typeof value === "string" ? (WHOLE.exec(value)?.[1] ?? null) : null;
}

/** Paths parsed before: definitions name the same few again and again. */
const parsed = new Map<string, readonly string[] | null>();
const MAX_PARSED = 10_000;

/** The segments of a path such as `payload.items[0].id`; null when it is no path. */
export function parsePath(path: string): readonly string[] | null {
  let segments = parsed.get(path);
  if (segments === undefined) {
    segments = splitPath(path);
    if (parsed.size >= MAX_PARSED) parsed.clear();
    parsed.set(path, segments);
  }
  return segments;
}

function splitPath(path: string): string[] | null {
  const segments: string[] = [];
  for (const part of path.split(".")) {
    const match = /^([^[\]]+)((?:\[\d+\])*)$/.exec(part);
    if (match?.[1] === undefined) return null;
    segments.push(match[1]);
    for (const index of (match[2] ?? "").matchAll(/\d+/g)) segments.push(index[0]);
  }
  return segments;
}

/** Placeholders in a JSON value that no run may follow, such as `${payload.__proto__}`, and where they stand. */
export function forbiddenPlaceholders(value: Json): { path: (string | number)[]; placeholder: string }[] {
  if (typeof value === "string") {
    return [...value.matchAll(PLACEHOLDER)]
      .filter(([, path]) => (parsePath(path?.trim() ?? "") ?? []).some((segment) => FORBIDDEN_KEYS.has(segment)))
      .map(([placeholder]) => ({ path: [], placeholder }));
  }
  if (value === null || typeof value !== "object") return [];
  const parts: [string | number, Json][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return parts.flatMap(([key, part]) =>
    forbiddenPlaceholders(part).map(({ path, placeholder }) => ({ path: [key, ...path], placeholder })),
  );
}
