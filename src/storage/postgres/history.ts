import { few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { HistoryLookup, HistoryRows } from "../port.ts";
import { inOrder, type Placed } from "./definitions.ts";
import { ENTRIES } from "./runs.ts";
import { boundsOf, milliseconds, within } from "./statement.ts";

// The log of an open run is looked at if it has grown: mostly it has not.
export const FIND_HISTORY = keptStatement(
  "find_history",
  ["text", "uuid", "uuid"],
  {
    position: "integer",
    workflowUuid: "uuid",
    workflowVersion: "integer",
    createdAt: "float8",
    startedAt: "float8",
    completedAt: "float8",
    pausedAt: "float8",
    entries: "text",
    rows: "integer",
  },
  `select key.position, r.workflow_id, r.workflow_version, ${milliseconds("r.created_at")},
    ${milliseconds("coalesce(r.started_at, q.started_at)")}, ${milliseconds("r.completed_at")},
    ${milliseconds("case when q.holder is null and q.started_at is not null then q.paused_at end")}, coalesce(log.entries, '[]'), key.rows + coalesce(log.count, 0)
  from json_to_recordset($1::text::json) as key (position integer, namespace text, uuid uuid, rows integer)
  join workflow_runs r on r.uuid = key.uuid and r.namespace = key.namespace and ${within("r.uuid", "$2", "$3")}
  left join lateral (select started_at, log_length, holder, paused_at from run_queue where run_uuid = key.uuid offset 0) as q on true
  left join lateral (
    select ${ENTRIES} as entries, count(*)::integer as count
    from run_log
    where run_uuid = key.uuid and ${within("run_log.run_uuid", "$2", "$3")} and seq >= key.rows
      and (r.completed_at is not null or q.log_length > key.rows)
  ) as log on true
  where ${few("key.position")}`,
);

/** See Storage. */
export async function findHistory(pool: Pool, items: HistoryLookup[]): Promise<(HistoryRows | null)[]> {
  const asked = items.flatMap((item, position) => (isUuid(item.uuid) ? [{ ...item, position }] : []));
  if (asked.length === 0) return items.map(() => null);
  const bounds = boundsOf(asked.map(({ uuid }) => uuid));
  const rows = await pool.run<HistoryRows & Placed>(FIND_HISTORY.call, [JSON.stringify(asked), ...bounds]);
  return inOrder(items.length, rows, ({ position: _, ...history }) => history);
}
