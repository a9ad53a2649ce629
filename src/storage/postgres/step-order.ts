import { bytesOfText, lru } from "../../lru.ts";
import { nameOfVersion, type RunKey, type StepResult } from "../../schemas/run.ts";
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
  const results: Record<string, object> = JSON.parse(text);
  const known = names.filter((name) => Object.hasOwn(results, name));
  const ordered = new Set([...known, ...Object.keys(results)]);
  return `{${[...ordered].map((name) => `${JSON.stringify(name)}:${JSON.stringify({ ...FIELDS, ...results[name] })}`).join(",")}}`;
}

function bytesOfNames(names: string[]): number {
  return names.reduce((sum, name) => sum + 24 + bytesOfText(name), 0);
}

function versionOf({ namespace, workflowUuid, workflowVersion: version }: RunRow): VersionKey {
  return { namespace, workflowUuid, version };
}
