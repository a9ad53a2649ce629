import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import { nameOfRun, type RunKey } from "../../schemas/runs/run.ts";
import type { FoundRuns, UnclaimedRun } from "../port.ts";
import { boundRuns, within } from "./statement.ts";

export const FIND_UNCLAIMED = keptStatement(
  "find_unclaimed_runs",
  ["text[]", "uuid[]", "uuid", "uuid", "float8"],
  {
    namespace: "text",
    uuid: "uuid",
    workflowUuid: "uuid",
    version: "integer",
    payload: "text",
    traceparent: "text",
    isUnclaimed: "boolean",
  },
  `select namespace, uuid, "workflowUuid", version, case when before < $5::float8 then payload end, traceparent, "isUnclaimed" from (
    select *, coalesce(sum(length(payload)) over (order by uuid) - length(payload), 0) as before from (
      select r.namespace, uuid, workflow_id as "workflowUuid", workflow_version as version, traceparent, "isUnclaimed",
        case when "isUnclaimed" then payload::text end as payload
      from workflow_runs r left join run_queue q on q.run_uuid = uuid,
        lateral (select (q.token = 0 and q.started_at is null and q.paused_at is null and q.log_length = 0 and q.priority is null and not q.ended) is true as "isUnclaimed") as state
      where uuid = any($2) and r.namespace = any($1) and ${within("uuid", "$3", "$4")}
    ) as found
  ) as sized`,
);

type FoundRow = Omit<UnclaimedRun, "payload"> & { payload: string | null; isUnclaimed: boolean };

/** Look-ups of runs that were never claimed. */
export class UnclaimedRuns {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async find(keys: RunKey[], maxBytes: number): Promise<FoundRuns> {
    const found: FoundRuns = { unclaimed: [], taken: [] };
    const wanted = keys.filter(({ uuid }) => isUuid(uuid));
    if (wanted.length === 0) return found;
    const rows = await this.#pool.run<FoundRow>(FIND_UNCLAIMED.call, [...boundRuns(wanted), maxBytes]);
    const names = new Set(wanted.map(nameOfRun));
    for (const { isUnclaimed, payload, ...key } of rows) {
      if (!names.has(nameOfRun(key))) continue;
      if (!isUnclaimed) found.taken.push({ namespace: key.namespace, uuid: key.uuid });
      else if (payload !== null) found.unclaimed.push({ ...key, payload });
    }
    return found;
  }
}
