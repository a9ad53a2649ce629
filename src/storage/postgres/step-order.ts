import type { StepResult } from "../../schemas/run.ts";
import type { RunRecord, VersionKey } from "../port.ts";
import type { Definitions } from "./definitions.ts";

const MAX_CACHED = 1000;

/**
 * Puts step results back into the order of the definition: the contract's column is jsonb, which forgets the order of keys.
 * Versions never change, so what their steps are called is kept.
 */
export class StepOrder {
  readonly #definitions: Definitions;
  readonly #names = new Map<string, string[]>();

  constructor(definitions: Definitions) {
    this.#definitions = definitions;
  }

  async restore(runs: RunRecord[]): Promise<RunRecord[]> {
    const ended = runs.filter(({ stepResults }) => stepResults !== null && stepResults !== "{}");
    await this.#load(ended.map(({ workflowUuid, workflowVersion: version }) => ({ workflowUuid, version })));
    return runs.map((run) => {
      const names = this.#names.get(keyOf({ workflowUuid: run.workflowUuid, version: run.workflowVersion }));
      if (run.stepResults === null || names === undefined) return run;
      return { ...run, stepResults: inOrder(run.stepResults, names) };
    });
  }

  async #load(keys: VersionKey[]): Promise<void> {
    const missing = new Map(keys.map((key) => [keyOf(key), key]));
    for (const name of missing.keys()) if (this.#names.has(name)) missing.delete(name);
    if (missing.size === 0) return;
    const texts = await this.#definitions.versions([...missing.values()]);
    for (const [index, key] of [...missing.keys()].entries()) {
      const steps: { name: string }[] = JSON.parse(texts[index] ?? "[]");
      if (this.#names.size >= MAX_CACHED) this.#names.delete(this.#names.keys().next().value ?? "");
      this.#names.set(
        key,
        steps.map(({ name }) => name),
      );
    }
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

/** Written out by hand: an object would put names that are numbers first. */
function inOrder(text: string, names: string[]): string {
  const results: Record<string, object> = JSON.parse(text);
  const known = names.filter((name) => Object.hasOwn(results, name));
  const ordered = new Set([...known, ...Object.keys(results)]);
  return `{${[...ordered].map((name) => `${JSON.stringify(name)}:${JSON.stringify({ ...FIELDS, ...results[name] })}`).join(",")}}`;
}

function keyOf({ workflowUuid, version }: VersionKey): string {
  return `${workflowUuid}:${version}`;
}
