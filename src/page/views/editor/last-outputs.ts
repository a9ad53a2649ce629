import { platform } from "../../data/platform.ts";
import { firstRuns } from "../../data/runs/first-runs.ts";

/** What the payload and the steps of the last run were, by name: for completion. None of a workflow without runs. */
export async function lastOutputs(workflow: string, signal: AbortSignal): Promise<ReadonlyMap<string, unknown>> {
  const outputs = new Map<string, unknown>();
  if (workflow === "new") return outputs;
  const [last] = (await firstRuns({ workflow }, 1, signal)).runs;
  if (last === undefined) return outputs;
  const { payload, step_results } = await platform.runs.get(last.uuid, { signal });
  outputs.set("payload", payload);
  for (const [name, { output }] of Object.entries(step_results)) outputs.set(name, output);
  return outputs;
}
