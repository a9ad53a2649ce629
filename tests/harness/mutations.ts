/** Changes JSON in ways that nobody would, alike for the same seed. */
import type { Random } from "../simulation/scheduler.ts";

type Path = (string | number)[];

const KEYS = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype", "", "length", "if", "steps"];
const VALUES: unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e308, 2 ** 53, "", "x", [], {}, [[]], [null], { steps: [] }],
  ...[
    "${payload}",
    "${payload.constructor}",
    "${",
    "${{",
    "${{ 1 }}",
    "${{ payload }}",
    "${{ 1 + }}",
    "$${{ x }}",
    "toString",
  ],
  ...["__proto__", "PT5S", "*", "5xx", "lone \ud800", "nul \u0000"],
];

/** The value with a change or two. */
export function mutated(value: unknown, random: Random): unknown {
  const changed = changedOnce(value, random);
  return random.chance(0.3) ? changedOnce(changed, random) : changed;
}

function changedOnce(value: unknown, random: Random): unknown {
  const paths = pathsIn(value);
  if (paths.length === 0) return value;
  const path = random.pick(paths);
  const part = partAt(value, path);
  switch (random.below(7)) {
    case 0:
      return replaced(value, path, () => []);
    case 1:
      return replaced(value, path, (key, one) => [
        [key, one],
        [`${key}`, one],
        [`${key}2`, one],
      ]);
    case 2: {
      const moved = partAt(value, random.pick(paths));
      return replaced(value, path, (key) => [[key, moved]]);
    }
    case 3:
      return replaced(value, path, (key) => [[key, random.pick(VALUES)]]);
    case 4:
      return replaced(value, path, (key) => [[key, huge(part, random)]]);
    case 5:
      return replaced(value, path, (_, one) => [[random.pick(KEYS), one]]);
    default:
      return replaced(value, path, (key, one) => [[key, typeof one === "string" ? cut(one, random) : [one]]]);
  }
}

function huge(part: unknown, random: Random): unknown {
  switch (random.below(4)) {
    case 0:
      return "x".repeat(200_000);
    case 1:
      return Array.from({ length: 1500 }, () => part).slice(0, Math.ceil(500_000 / JSON.stringify(part).length));
    case 2: {
      let deep = part;
      for (let level = 0; level < 150; level++) deep = [deep];
      return deep;
    }
    default:
      return Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]));
  }
}

function cut(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  return `${text.slice(0, at)}${random.pick(["", "$", "${", "}}", '"', "\\", ".", " "])}${text.slice(at + random.below(3))}`;
}

/** The paths to all parts of a value but itself. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const parts: [string | number, unknown][] = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  // Of a part that was made huge a few are enough.
  return parts.slice(0, 20).flatMap(([key, part]) => [[...path, key], ...pathsIn(part, [...path, key])]);
}

function partAt(value: unknown, path: Path): unknown {
  return path.reduce((found: unknown, key) => entriesOf(found).find(([one]) => one === key)?.[1], value);
}

/** The value with other fields, or elements, in place of the one at a path. */
function replaced(
  value: unknown,
  [first, ...rest]: Path,
  make: (key: string | number, part: unknown) => [string | number, unknown][],
): unknown {
  const entries = entriesOf(value).flatMap(([key, part]): [string | number, unknown][] => {
    if (key !== first) return [[key, part]];
    return rest.length === 0 ? make(key, part) : [[key, replaced(part, rest, make)]];
  });
  return Array.isArray(value) ? entries.map(([, part]) => part) : Object.fromEntries(entries);
}

function entriesOf(value: unknown): [string | number, unknown][] {
  if (typeof value !== "object" || value === null) return [];
  return Array.isArray(value) ? [...value.entries()] : Object.entries(value);
}
