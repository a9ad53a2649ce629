/** How a run as a whole ends: by its steps, by a step that ends it, or by its time; and what it gives. */
import { secondsOf } from "../../../src/language/definition/durations.ts";
import type { ErrorDetails, StepResult } from "../../../src/schemas/runs/run.ts";
import type { RunRecord } from "../../../src/storage/port.ts";
import { withDefaults } from "../defaults.ts";
import type { Workload } from "../workloads.ts";
import { EARLY, endsOf, OK } from "./ends.ts";
import { Omitted } from "./omitted.ts";
import { outcomeFaults, type RanAs } from "./outcomes.ts";
import { goesOn } from "./results.ts";

/** An output that leads nowhere. */
const NOWHERE = "${nowhere}";

/** The status that each run of a workload ends with; null where time or chance decides. */
export function statusOf({ steps, options = {} }: Omit<Workload, "id" | "status">): Workload["status"] {
  if (options.timeout !== undefined) return null;
  const ends = endsOf(withDefaults(steps, options.defaults));
  const isGiven = options.output !== NOWHERE;
  const good = [...ends].filter((end) => end === EARLY || (end === OK && isGiven)).length;
  return good === 0 ? "failed" : good === ends.size ? "success" : null;
}

/** What can't be of a run that is over. */
export function runFaults(run: RunRecord, { steps: written, options = {}, status }: Workload): string[] {
  const steps = withDefaults(written, options.defaults);
  const { n }: { n: number } = JSON.parse(run.payload);
  const results: Record<string, StepResult> = JSON.parse(run.stepResults ?? "{}");
  const error: ErrorDetails | null = JSON.parse(run.errorDetails ?? "null");
  const isLate = error?.code === "run_timeout";
  const ran: RanAs = { n, results, omitted: new Omitted() };
  const faults = outcomeFaults(ran, { above: "", steps }, { isCalledOff: isLate });
  const seconds = ((run.completedAt ?? 0) - (run.startedAt ?? 0)) / 1000;
  if (isLate && (options.timeout === undefined || seconds < secondsOf(options.timeout) - SKEW_SECONDS)) {
    faults.push(`was over after ${seconds} s, before its time`);
  }
  const areOver = steps.every(({ name }) => goesOn(results[name]));
  const isGiven = ran.isOver === true || options.output !== NOWHERE;
  const must = status ?? ((ran.isOver || areOver) && isGiven && !isLate ? "success" : "failed");
  if (run.status !== must) faults.push(`ended as ${run.status} (${run.error}) instead of ${must}; log ${run.log}`);
  const gives = run.status === "success" && (ran.isOver || options.output !== undefined);
  const output = gives ? JSON.stringify({ run_of: n }) : null;
  if (run.output !== output) faults.push(`gave ${run.output} and not ${output}`);
  return faults;
}

/** Clocks of processes differ. */
const SKEW_SECONDS = 2;
