import { measure, type Platform } from "../platform/platform.ts";
import type { JobResult, RequestSpec } from "./jobs.ts";

/** The same connections for the bare servers and for triggers, or the ratio would say nothing. */
export const CONNECTIONS = 256;
/** Where batches are small. */
export const FEW_CONNECTIONS = 64;

/** A trigger of the given workflow, as every scenario sends it. */
export function triggerRequest(workflowId: string): RequestSpec {
  return {
    method: "POST",
    path: "/api/v1/trigger",
    body: JSON.stringify({ workflow_id: workflowId, payload: { n: 1 } }),
  };
}

/** So many triggers of one workflow, as fast as they go. */
export function triggerMany(
  platform: Platform,
  workflow: string,
  requests: number,
  connections = CONNECTIONS,
): Promise<JobResult> {
  return measure(platform, {
    kind: "closed",
    target: platform.target,
    request: triggerRequest(workflow),
    connections,
    warm_ms: 0,
    until: { requests },
  });
}
