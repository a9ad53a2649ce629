import type { RunTrace } from "./run-trace.ts";

/** The ids of a run, and of the trace that it is in, for log lines. */
export function namesOf({ run, trace }: { run: { uuid: string }; trace: RunTrace | null }): object {
  return trace === null ? { run_id: run.uuid } : { run_id: run.uuid, trace_id: trace.traceId };
}
