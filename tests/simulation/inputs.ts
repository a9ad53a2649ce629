/** Whether runs that are over can still tell what their steps were given. */
import { isoTime } from "../../src/clock.ts";
import type { StepTypes } from "../../src/connectors/index.ts";
import { ComputedInputs } from "../../src/engine/inputs/inputs.ts";
import type { KnownRun } from "../../src/engine/port.ts";
import { isObject, type Json } from "../../src/schemas/json/json.ts";
import { parseLog } from "../../src/schemas/log/log.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { RunRecord, Storage } from "../../src/storage/port.ts";
import { keyOf } from "./keys.ts";
import type { Workload } from "./workloads.ts";

const known = new WeakMap<StepTypes, ComputedInputs>();

/** What a step that computed something is told to have been given has to give what it gave, and nothing of it may be unknown. */
export async function inputFaults(
  run: RunRecord,
  { steps }: Workload,
  storage: Storage,
  types: StepTypes,
): Promise<string[]> {
  const inputs = known.get(types) ?? new ComputedInputs(types);
  known.set(types, inputs);
  const stored = await storedRun(run, storage);
  return stored.results.flatMap((result) => {
    const given = givenBy(result);
    const path = result.path ?? String(steps.findIndex(({ name }) => name === result.step_name));
    const input = given === undefined ? null : inputs.of(stored, path);
    // Of what a retry kept another run tells.
    if (input === null || (input.unknown === undefined && JSON.stringify(input.config) === JSON.stringify(given)))
      return [];
    return [`${result.step_name} was given ${JSON.stringify(given)}, and not ${JSON.stringify(input)}`];
  });
}

/** What a `transform` or a `set` was given, as its output says; undefined of others. */
function givenBy({ status, type, output }: StepResult): Json | undefined {
  if (status !== "success" || !isObject(output)) return undefined;
  if (type === "set") return { variables: output };
  return output.type === "transform" ? { value: output.value ?? null } : undefined;
}

async function storedRun(run: RunRecord, storage: Storage): Promise<KnownRun> {
  const { uuid, workflowUuid, workflowVersion: version, createdAt, startedAt, parentRunId, rootRunId, payload } = run;
  const [definition] = await storage.findVersions([{ namespace: "default", workflowUuid, version }]);
  const [history] = await storage.findHistory([{ ...keyOf(uuid), rows: 0 }]);
  return {
    version: `${workflowUuid} ${version}`,
    definition: definition ?? '{"steps":[]}',
    payload,
    facts: {
      ...{ id: uuid, workflow_id: workflowUuid, workflow_version: version, created_at: isoTime(createdAt), tags: [] },
      ...{ started_at: isoTime(startedAt ?? createdAt), parent_run_id: parentRunId, root_run_id: rootRunId },
    },
    isOver: run.completedAt !== null,
    log: parseLog(history?.entries ?? "[]"),
    results: Object.values(JSON.parse(run.stepResults ?? "{}")),
  };
}
