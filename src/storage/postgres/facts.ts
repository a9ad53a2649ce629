import { equals, few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import type { StoredFacts } from "../port.ts";
import { inOrder, type Placed } from "./definitions.ts";
import { boundsOf, milliseconds, within } from "./statement.ts";

export const FIND_FACTS = keptStatement(
  "find_facts",
  ["text", "uuid", "uuid"],
  {
    position: "integer",
    createdAt: "float8",
    startedAt: "float8",
    parentRunId: "uuid",
    rootRunId: "uuid",
    tags: "text",
  },
  `select key.position, ${milliseconds("r.created_at")}, ${milliseconds("coalesce(r.started_at, q.started_at, now())")},
    r.parent_run_id, r.root_run_id, r.tags::text
  from json_to_recordset($1::text::json) as key (position integer, namespace text, uuid uuid)
  join workflow_runs r on r.uuid = key.uuid and r.namespace = key.namespace and ${within("r.uuid", "$2", "$3")}
  left join run_queue q on ${equals("q.run_uuid", "r.uuid")}
  where ${few("key.position")}`,
);

/** What is known of runs that have begun; null for those that are not stored. */
export async function findFacts(pool: Pool, keys: RunKey[]): Promise<(StoredFacts | null)[]> {
  const asked = keys.flatMap(({ namespace, uuid }, position) => (isUuid(uuid) ? [{ position, namespace, uuid }] : []));
  if (asked.length === 0) return keys.map(() => null);
  const bounds = boundsOf(asked.map(({ uuid }) => uuid));
  const rows = await pool.run<StoredFacts & Placed>(FIND_FACTS.call, [JSON.stringify(asked), ...bounds]);
  return inOrder(keys.length, rows, ({ position: _, ...facts }) => facts);
}
