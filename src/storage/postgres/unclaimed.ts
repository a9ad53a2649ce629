import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { FoundRuns, UnclaimedRun } from "../port.ts";
import { arrayOf, boundsOf, within } from "./statement.ts";

export const FIND_UNCLAIMED = keptStatement(
  "find_unclaimed_runs",
  ["uuid[]", "float8", "uuid", "uuid"],
  { uuid: "uuid", workflowUuid: "uuid", version: "integer", payload: "text", isUnclaimed: "boolean" },
  `select uuid, "workflowUuid", version, case when before < $2::float8 then payload end, "isUnclaimed" from (
    select *, coalesce(sum(length(payload)) over (order by uuid) - length(payload), 0) as before from (
      select uuid, workflow_id as "workflowUuid", workflow_version as version, "isUnclaimed",
        case when "isUnclaimed" then payload::text end as payload
      from workflow_runs left join run_queue q on q.run_uuid = uuid,
        lateral (select (q.token = 0 and q.started_at is null and not q.ended) is true as "isUnclaimed") as state
      where uuid = any($1) and ${within("uuid", "$3", "$4")}
    ) as found
  ) as sized`,
);

type FoundRow = Omit<UnclaimedRun, "payload"> & { payload: string | null; isUnclaimed: boolean };

/** Runs that nobody ever claimed. */
export class UnclaimedRuns {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async find(uuids: string[], maxBytes: number): Promise<FoundRuns> {
    const found: FoundRuns = { unclaimed: [], taken: [] };
    const wanted = uuids.filter(isUuid);
    if (wanted.length === 0) return found;
    const rows = await this.#pool.run<FoundRow>(FIND_UNCLAIMED.call, [arrayOf(wanted), maxBytes, ...boundsOf(wanted)]);
    for (const { isUnclaimed, payload, ...key } of rows) {
      if (!isUnclaimed) found.taken.push(key.uuid);
      else if (payload !== null) found.unclaimed.push({ ...key, payload });
    }
    return found;
  }
}
