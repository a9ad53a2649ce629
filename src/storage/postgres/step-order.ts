import { bytesOfText, lru } from "../../lru.ts";
import { nameOfVersion, type RunKey, type StepResult } from "../../schemas/runs/run.ts";
import type { RunRecord, VersionKey } from "../port.ts";
import type { Definitions } from "./definitions.ts";

const MAX_BYTES = 16 * 1024 * 1024;

/** A run as it is read, with its namespace. */
export type RunRow = RunRecord & RunKey;

/**
 * Puts step results back into the order of the definition: the contract's column is jsonb, which does not keep the order of keys.
 * Versions never change, so the names of their steps are cached.
 */
export class StepOrder {
  readonly #definitions: Definitions;
  readonly #names = lru<string[]>({ maxBytes: MAX_BYTES, bytesOf: bytesOfNames });

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  async restore(rows: RunRow[]): Promise<RunRecord[]> {
    const ended = rows.filter(({ stepResults }) => stepResults !== null && stepResults !== "{}");
    const names = await this.#load(ended.map(versionOf));
    return rows.map(({ namespace, ...run }) => {
      const own = names.get(nameOfVersion(versionOf({ namespace, ...run })));
      if (run.stepResults === null || own === undefined) return run;
      return { ...run, stepResults: inOrder(run.stepResults, own) };
    });
  }

  async #load(keys: VersionKey[]): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    const missing = new Map<string, VersionKey>();
    for (const key of keys) {
      const name = nameOfVersion(key);
      const names = this.#names.get(name);
      if (names === undefined) missing.set(name, key);
      else found.set(name, names);
    }
    if (missing.size === 0) return found;
    const texts = await this.#definitions.versions([...missing.values()]);
    for (const [index, key] of [...missing.keys()].entries()) {
      const { steps }: { steps: { name: string }[] } = JSON.parse(texts[index] ?? '{"steps":[]}');
      const names = steps.map(({ name }) => name);
      found.set(key, names);
      this.#names.set(key, names);
    }
    return found;
  }
}

/** The fields of a step result in the contract's order: keys keep the place where they first stood. */
const FIELDS: Partial<Record<keyof StepResult, undefined>> = {
  step_name: undefined,
  status: undefined,
  started_at: undefined,
  completed_at: undefined,
  output: undefined,
  error: undefined,
};

/** Made as text: an object would put names that are numbers first. */
function inOrder(text: string, names: string[]): string {
  const results: Record<string, StepResult> = JSON.parse(text);
  const known = names.filter((name) => Object.hasOwn(results, name));
  const keys = Object.keys(results);
  const ordered = keys.length === known.length ? known : asBegun(results, known, keys);
  return `{${ordered.map((name) => `${JSON.stringify(name)}:${JSON.stringify({ ...FIELDS, ...results[name] })}`).join(",")}}`;
}

/** Where a step stands among others: when it began, and its path for those that began together. */
interface Place {
  key: string;
  at: string;
  path: number[];
}

/** Nested steps stand where they began, behind the step that holds them and before the next one at the top. */
function asBegun(results: Record<string, StepResult>, top: string[], keys: string[]): string[] {
  const places: Place[] = [];
  let last = "";
  for (const [index, key] of top.entries()) {
    const at = results[key]?.started_at ?? last;
    if (at > last) last = at;
    places.push({ key, at: last, path: [index] });
  }
  const known = new Set(top);
  for (const key of keys) {
    const { path, started_at } = results[key] ?? {};
    // Other programs may have written anything.
    const segments = typeof path === "string" ? path.split("/") : [];
    if (!known.has(key)) places.push({ key, at: started_at ?? last, path: segments.map(placeOf) });
  }
  return places.sort(compare).map(({ key }) => key);
}

/** Of a part of a path: attempts and handlers come one after the other, and what undoes a step after all that. */
function placeOf(segment: string): number {
  const number = Number.parseInt(segment.replace(/^c/, ""), 10);
  return Number.isNaN(number) ? Number.MAX_SAFE_INTEGER : number;
}

function compare(one: Place, other: Place): number {
  if (one.at !== other.at) return one.at < other.at ? -1 : 1;
  for (const [index, place] of one.path.entries()) {
    const difference = place - (other.path[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return one.path.length - other.path.length;
}

function bytesOfNames(names: string[]): number {
  return names.reduce((sum, name) => sum + 24 + bytesOfText(name), 0);
}

function versionOf({ namespace, workflowUuid, workflowVersion: version }: RunRow): VersionKey {
  return { namespace, workflowUuid, version };
}
