import { isObject, type Json } from "../../schemas/json/json.ts";
import type { RunStep } from "../../schemas/lists/step-query.ts";
import { keptOf } from "../../schemas/log/kept.ts";
import { isOfStep, type LogEntry, ofLastAttempts } from "../../schemas/log/log.ts";
import { calledOff } from "../../schemas/runs/results.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { RunRecord } from "../../storage/port.ts";
import { inOrder, type Place, placeOf } from "./step-order.ts";

/** A step of a run, and where it stands. */
export interface KeptStep {
  path: string;
  place: Place;
  result: StepResult;
}

/**
 * All that is kept of a run's steps, in the order of the definition: what its log has, and its results, which tell more where
 * both have a step.
 *
 * @param log all entries
 * @param definition the steps of its version
 */
export function keptSteps(
  run: Pick<RunRecord, "status" | "completedAt" | "stepResults">,
  log: readonly LogEntry[],
  definition: readonly Json[],
): KeptStep[] {
  const types = new Map(definition.flatMap((step, index) => (isObject(step) ? [[step.name, { step, index }]] : [])));
  const steps = new Map<string, KeptStep>();
  const add = (path: string, result: StepResult) => {
    const type = result.type ?? types.get(result.step_name)?.step.type;
    const typed = typeof type === "string" && result.type === undefined ? { ...result, type } : result;
    steps.set(result.step_name, { path, place: placeOf(path), result: typed });
  };
  // What another run did and this one keeps is an entry of its own; a pause is no step.
  const entries = log.flatMap((entry) => keptOf(entry)?.flat() ?? [entry]);
  const ofSteps = entries.filter(([path]) => isOfStep(path));
  for (const [path, result] of calledOff(ofLastAttempts(ofSteps), run)) add(path, result);
  const results: Record<string, StepResult> = JSON.parse(run.stepResults ?? "{}");
  for (const result of Object.values(results)) {
    add(result.path ?? String(types.get(result.step_name)?.index ?? steps.size), result);
  }
  return [...steps.values()].sort((first, second) => inOrder(first.place, second.place));
}

/** A step without its output. The failures of the iterations of a map, which can be many, are left to the step by itself. */
export function stepText({ path, result }: KeptStep): RunStep {
  const { step_name: address, output, details, path: _, ...others } = result;
  const { failures: __, ...few } = details ?? {};
  return {
    address,
    path,
    ...others,
    ...(details !== undefined && { details: few }),
    output_bytes: Buffer.byteLength(JSON.stringify(output)),
  };
}
