/** What the list of workflows is made of. Each is one request, or a few, whatever the number of workflows. */
import type { WorkflowSummary } from "../../../language/definition/workflow.ts";
import { platform } from "../../data/platform.ts";

export interface FoundWorkflows {
  items: WorkflowSummary[];
  /** How many were looked at. */
  looked: number;
  /** Whether there are more, which were not looked at. */
  hasMore: boolean;
}

/** Workflows that are looked at before the reader is asked whether to go on. */
const MAX_LOOKED = 1000;

/** The newest workflows whose name, id, description or tag has a text. */
export async function findWorkflows(text: string, wanted: number, signal: AbortSignal): Promise<FoundWorkflows> {
  const items: WorkflowSummary[] = [];
  let looked = 0;
  for await (const workflow of platform.workflows.summaries({ signal })) {
    if (items.length === wanted || looked === MAX_LOOKED) return { items, looked, hasMore: true };
    looked++;
    if (fits(workflow, text.toLowerCase())) items.push(workflow);
  }
  return { items, looked, hasMore: false };
}

/** Runs of the last 24 hours by the uuid of the workflow, as far as they are counted. */
export async function numbersByWorkflow(signal: AbortSignal) {
  const { workflows } = await platform.stats("24h", { signal });
  return new Map(workflows.map((one) => [one.uuid, one]));
}

/** When a schedule next starts each workflow, by what the schedule calls it. */
export async function nextByWorkflow(signal: AbortSignal): Promise<Map<string, string>> {
  const next = new Map<string, string>();
  for await (const { workflow_id, next_runs } of platform.schedules.list({ signal })) {
    const [at] = next_runs;
    const known = next.get(workflow_id);
    if (at !== undefined && (known === undefined || at < known)) next.set(workflow_id, at);
  }
  return next;
}

function fits({ name, id, description, tags }: WorkflowSummary, text: string): boolean {
  return [name, id, description, ...tags].some((one) => one?.toLowerCase().includes(text) === true);
}
