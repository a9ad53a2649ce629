/** What the placeholders of a step would bring now, of what is kept of its run. */
import { parsePath, type Source } from "../../../../../language/placeholder.ts";
import { type Found, sourcesIn, sourceText, withValues } from "./placeholders.ts";
import { namedAt, type Standing } from "./reach.ts";

/** Reads what is kept of the run, and asks the platform to evaluate. */
export interface Kept {
  payload(): Promise<Found>;
  /** Of a step, by its address. */
  output(address: string): Promise<Found>;
  evaluate(expression: string, context: Record<string, unknown>): Promise<Found>;
}

/** More placeholders of one config are not looked at. */
const MOST = 50;

/** What the placeholders of a config bring where a step stands, by how they are written. */
export async function valuesOf(config: unknown, standing: Standing, kept: Kept): Promise<Map<string, Found>> {
  const sources = [...sourcesIn(config).values()];
  const found = sources.map(async (source, index): Promise<[string, Found]> => {
    if (index >= MOST) return [sourceText(source), { why: `only the first ${MOST} are looked at` }];
    return [sourceText(source), await valueFor(source, standing, kept)];
  });
  return new Map(await Promise.all(found));
}

async function valueFor(source: Source, standing: Standing, kept: Kept): Promise<Found> {
  if ("path" in source) {
    const segments = parsePath(source.path.trim());
    const [root, ...rest] = segments ?? [];
    if (root === undefined) return { why: "it is no path" };
    const value = (await rootOf(root, standing, kept)) ?? { why: `nothing is called ${root} there` };
    return "why" in value ? value : follow(value.value, rest);
  }
  const context: Record<string, unknown> = {};
  for (const name of namesIn(source.expression)) {
    const value = await rootOf(name, standing, kept);
    // What is no name there is a function, or a field.
    if (value === null) continue;
    if ("why" in value) return value;
    context[name] = value.value;
  }
  return kept.evaluate(source.expression, context);
}

/** What a name brings; null where it is none. */
async function rootOf(name: string, standing: Standing, kept: Kept): Promise<Found | null> {
  const named = namedAt(name, standing);
  if (named === null) return name === "payload" ? kept.payload() : null;
  if ("why" in named) return named;
  if ("step" in named) return kept.output(named.step);
  if (!("map" in named)) return { value: named.number };
  const { map, config, number } = named;
  const around = { ...standing, defined: map.path };
  const found = await valuesOf(config.items, around, kept);
  for (const one of found.values()) if ("why" in one) return one;
  const items = withValues(config.items, found);
  const batch = typeof config.batch === "number" ? config.batch : null;
  if (!Array.isArray(items) || items.length <= number * (batch ?? 1)) return { why: "the map has no such item now" };
  return { value: batch === null ? items[number] : items.slice(number * batch, (number + 1) * batch) };
}

function follow(value: unknown, segments: readonly string[]): Found {
  let at = value;
  for (const segment of segments) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, segment)) return { why: "it leads nowhere now" };
    at = Object.entries(at).find(([key]) => key === segment)?.[1];
  }
  return { value: at };
}

/** The names that an expression may use: not what stands behind a dot, nor what is in a text. */
function namesIn(expression: string): Set<string> {
  const code = expression.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'/g, '""');
  return new Set(code.match(/(?<![.\w])[A-Za-z_]\w*/g));
}
