import type { Target } from "../platform/target.ts";

/** A run as far as the bench looks at it. `created_at` is not in the contract: the original has `started_at` alone. */
export interface Run {
  uuid: string;
  workflow_id: string;
  status: string;
  created_at?: string | null;
  started_at: string | null;
  completed_at: string | null;
}

export interface Page {
  items: Run[];
  next_cursor: string | null;
}

/** One step of a workflow. */
export interface Step {
  name: string;
  type: string;
  config: Record<string, unknown>;
  retry?: Record<string, unknown>;
}

const UNFINISHED = new Set(["pending", "running"]);
const PROBE_MS = 10_000;
/** How long a read is tried again that is answered with a 5xx. */
const AGAIN_MS = 15_000;

/**
 * One request with its JSON answer. Reading is for counting, not for measuring: right after a load that was too much, a
 * read that a server refuses is tried again for a while.
 *
 * @throws Error on everything but a 2xx.
 */
export async function ask<T>(target: Target, method: string, path: string, body?: unknown): Promise<T> {
  const deadline = Date.now() + AGAIN_MS;
  for (;;) {
    const response = await fetch(`http://${target.host}:${target.port}${path}`, {
      method,
      // The other requests of the bench go past every proxy too.
      proxy: false,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await response.text();
    if (response.ok) {
      const parsed: T = JSON.parse(text);
      return parsed;
    }
    if (method !== "GET" || response.status < 500 || Date.now() > deadline) {
      throw new Error(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
    }
    await Bun.sleep(200);
  }
}

/** Whether a run is still on its way. */
export function isUnfinished(run: Run): boolean {
  return UNFINISHED.has(run.status);
}

/** Creates a workflow; returns its uuid. */
export async function createWorkflow(target: Target, steps: Step[]): Promise<string> {
  const created = await ask<{ workflow_id: string }>(target, "POST", "/api/v1/workflows", {
    name: "bench",
    description: "made by the bench",
    steps,
  });
  return created.workflow_id;
}

/** Creates a workflow of one delay; returns its uuid. */
export function createDelay(target: Target, seconds: number): Promise<string> {
  return createWorkflow(target, [{ name: "wait", type: "delay", config: { duration: seconds } }]);
}

/** Three steps that only compute, each with a placeholder to resolve. */
export const PURE_STEPS: Step[] = [1, 2, 3].map((at) => ({
  name: `step_${at}`,
  type: "transform",
  config: { value: at === 1 ? { n: "${payload.n}" } : { n: `\${step_${at - 1}.value.n}`, step: at } },
}));

/** The nearest to it that the original knows. */
export const EMPTY_DELAYS: Step[] = [1, 2, 3].map((at) => ({
  name: `step_${at}`,
  type: "delay",
  config: { duration: 0 },
}));

/** Whether a platform takes a workflow of these steps, and a run of it succeeds within 10 s. */
export async function knows(target: Target, steps: Step[]): Promise<boolean> {
  let workflow: string;
  try {
    workflow = await createWorkflow(target, steps);
  } catch {
    return false;
  }
  return (await runOnce(target, workflow, PROBE_MS)).status === "success";
}

/** Triggers one run and waits until it has ended, or so many milliseconds; returns it as it then is. */
export async function runOnce(target: Target, workflow: string, patience = 30_000): Promise<Run> {
  const { run_id } = await ask<{ run_id: string }>(target, "POST", "/api/v1/trigger", {
    workflow_id: workflow,
    payload: { n: 1 },
  });
  return untilEnded(target, run_id, patience);
}

/** Waits until a run has ended, or so many milliseconds; returns it as it then is. */
export async function untilEnded(target: Target, id: string, patience: number): Promise<Run> {
  const deadline = Date.now() + patience;
  for (;;) {
    const run = await ask<Run>(target, "GET", `/api/v1/runs/${id}`);
    if (!isUnfinished(run) || Date.now() > deadline) return run;
    await Bun.sleep(20);
  }
}
