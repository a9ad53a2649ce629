import type { RunStatus } from "../../../schemas/runs/run.ts";

/** The statuses of runs, in the order of their lives. The schemas' own list would bring its validator along. */
export const RUN_STATUSES = [
  "pending",
  "running",
  "paused",
  "success",
  "failed",
  "cancelled",
] as const satisfies readonly RunStatus[];

/** Whether a run in this status never changes again. */
export function hasEnded(status: string): boolean {
  return status === "success" || status === "failed" || status === "cancelled";
}
