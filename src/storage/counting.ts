/** SQL about numbers of runs that both adapters understand. */
import { HOURS_KEPT_MINUTES, MINUTES_KEPT } from "./port/finding/counts.ts";

const COLUMNS = ["created", "success", "failed", "cancelled"]
  .map((status) => `cast(coalesce(sum(count) filter (where status = '${status}'), 0) as float8) as ${status}`)
  .join(", ");

/** Hours that were put together are not among the minutes any more. Up to a minute, where one is given. */
function counted(namespace: string, from: string, until?: string): string {
  const within = `minute >= ${from}${until === undefined ? "" : ` and minute < ${until}`} and namespace = ${namespace}`;
  return `(
    select minute, workflow_uuid, status, count from run_counts where ${within}
    union all select minute, workflow_uuid, status, count from run_count_hours where ${within}
  ) as counted`;
}

/** By part: the parameters are the namespace, the first minute, the minutes of a part, and before which minute. */
export const partsText = (namespace: string, from: string, minutes: string, until?: string) =>
  `select minute - minute % ${minutes} as at, ${COLUMNS} from ${counted(namespace, from, until)} group by 1 order by 1`;

/** By workflow, all of them, in no order: the parameters are the namespace, the first minute, and before which minute. */
export const byWorkflowText = (namespace: string, from: string, until: string) =>
  `select workflow_uuid as "workflowUuid", ${COLUMNS} from ${counted(namespace, from, until)} group by workflow_uuid`;

/** By workflow: the parameters are the namespace, the first minute, and how many workflows. */
export const workflowsText = (namespace: string, from: string, limit: string) =>
  `select workflow_uuid as "workflowUuid", ${COLUMNS} from ${counted(namespace, from)} group by workflow_uuid
    order by failed desc, created desc, workflow_uuid limit ${limit}`;

/** By workflow and part: the parameters are the namespace, the first minute, the minutes of a part, which workflows, and before which minute. */
export const failuresText = (namespace: string, from: string, minutes: string, workflows: string, until?: string) =>
  `select workflow_uuid as "workflowUuid", minute - minute % ${minutes} as at, cast(sum(count) as float8) as failed
    from ${counted(namespace, from, until)} where status = 'failed' and workflow_uuid in (${workflows}) group by 1, 2`;

/** What is to be put together, and dropped, at a minute: before the first of these whole hours, and all before the second. */
export function limitsAt(minute: number): { hours: number; kept: number } {
  const hours = minute - MINUTES_KEPT;
  return { hours: hours - (hours % 60), kept: minute - HOURS_KEPT_MINUTES };
}
