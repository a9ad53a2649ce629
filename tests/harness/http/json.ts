/** Reads JSON of unknown shape: each function gives what it names or fails with the value it was given. */

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a path of keys and indexes leads to; undefined where it leads nowhere. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  let found = value;
  for (const part of path) {
    if (Array.isArray(found) && typeof part === "number") found = found[part];
    else if (isObject(found) && Object.hasOwn(found, part)) found = found[part];
    else return undefined;
  }
  return found;
}

export function textAt(value: unknown, ...path: (string | number)[]): string {
  const found = at(value, ...path);
  if (typeof found !== "string") throw unfit("text", path, value);
  return found;
}

export function numberAt(value: unknown, ...path: (string | number)[]): number {
  const found = at(value, ...path);
  if (typeof found !== "number") throw unfit("a number", path, value);
  return found;
}

export function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path);
  if (!Array.isArray(found)) throw unfit("a list", path, value);
  return found;
}

export function objectAt(value: unknown, ...path: (string | number)[]): Record<string, unknown> {
  const found = at(value, ...path);
  if (!isObject(found)) throw unfit("an object", path, value);
  return found;
}

function unfit(wanted: string, path: (string | number)[], value: unknown): Error {
  return new Error(
    `expected ${wanted} at ${path.length === 0 ? "the top" : path.join(" > ")} of ${Bun.inspect(value)}`,
  );
}
