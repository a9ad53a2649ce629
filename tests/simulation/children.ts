/** Runs that steps of simulated runs start: one for each attempt, all of them end, and their ends are what was told. */
import { isObject } from "../../src/schemas/json/json.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { RunRecord, Storage } from "../../src/storage/port.ts";
import { STRICT } from "./run-workloads.ts";
import { POISONED, type Workload } from "./workloads.ts";

/** Their steps all begin once, where they succeed. */
const EXACT = ["parent", "starts many", "starts in turn", "starts prepared"];

/** Runs of a seed, with those that were started by others. */
const MOST = 2000;

/** All runs of a world. */
export function allRuns(storage: Pick<Storage, "listRuns">): Promise<RunRecord[]> {
  return storage.listRuns({ namespace: "default", limit: MOST, order: "desc", after: null });
}

export function haveEnded(runs: readonly RunRecord[]): boolean {
  return runs.every(({ completedAt }) => completedAt !== null);
}

/** What is wrong with the runs that a run started. */
export function childFaults(run: RunRecord, { id, steps, options }: Workload, all: readonly RunRecord[]): string[] {
  const own = all.filter(({ parentRunId }) => parentRunId === run.uuid);
  const results: Record<string, StepResult> = JSON.parse(run.stepResults ?? "{}");
  const faults = Object.values(results).flatMap(({ step_name, output, error_details }) => {
    const said = isObject(output) ? output : error_details?.details;
    if (!isObject(said) || typeof said.run_id !== "string" || said.status === undefined) return [];
    const status = own.find(({ uuid }) => uuid === said.run_id)?.status;
    return status === said.status ? [] : [`${step_name} was told that its run is ${said.status}; it is ${status}`];
  });
  for (const { uuid, completedAt, rootRunId } of own) {
    if (completedAt === null) faults.push(`its run ${uuid} has not ended`);
    if (rootRunId !== (run.rootRunId ?? run.uuid)) faults.push(`its run ${uuid} has another root`);
  }
  const attempts = Object.values(results)
    .filter(({ type }) => type === "workflow")
    .reduce((sum, one) => sum + runsOf(one), 0);
  // A container that is tried again starts others; one that was called off before its begin was stored has started none.
  const isShown = Object.values(results).every(({ steps_omitted }) => steps_omitted === undefined);
  const isKnown = isShown && run.stepResults !== null && !JSON.stringify(steps).includes('"retry"');
  const isExact = EXACT.includes(id) && run.status === "success";
  if (isExact ? own.length !== attempts : isKnown && own.length > attempts) {
    faults.push(`its steps started ${own.length} runs, not ${attempts}`);
  }
  // PostgreSQL writes a blank behind the colon.
  const names = new RegExp(`"run_id": ?"${run.uuid}"`);
  const started = all.filter(({ parentRunId, payload }) => parentRunId === null && names.test(payload));
  const isToStart =
    options?.on_failure !== undefined && options.on_failure.workflow_id !== STRICT && run.status === "failed";
  if (started.length !== Number(isToStart)) faults.push(`its end as ${run.status} started ${started.length} runs`);
  for (const { payload } of started) {
    const { why }: { why?: string } = JSON.parse(payload);
    const { code }: { code?: string } = JSON.parse(run.errorDetails ?? "{}");
    const usual = POISONED.includes(id) ? "crashed" : "failed";
    if (why !== undefined && why !== (code ?? usual)) faults.push(`its failure was told as ${why}`);
  }
  return faults;
}

/** How many runs a step has started: one for each attempt that found its workflow. */
function runsOf({ status, error, error_details, attempts = 1 }: StepResult): number {
  const details = error_details?.details;
  const isRefused = isObject(details) && details.reason !== undefined;
  return isRefused || (status === "skipped" && error === null) ? 0 : attempts;
}
