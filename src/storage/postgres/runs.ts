import { few, keptStatement } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";
import type { Pools } from "../../db/postgres.ts";
import { isUuid } from "../../ids.ts";
import { MAX_PAGE_BYTES, type PageRequest } from "../../schemas/page.ts";
import type { RunKey } from "../../schemas/run.ts";
import type { RunRecord } from "../port.ts";
import { type Definitions, FIRST_UUID, LAST_UUID, milliseconds } from "./definitions.ts";
import type { Ids } from "./ids.ts";
import { StepOrder } from "./step-order.ts";

/** All that the log of a run has, as one JSON array. */
const entriesOf = (uuid: string) => `coalesce((
    select '[' || string_agg(substr(entries::text, 2, length(entries::text) - 2), ',' order by seq) || ']'
    from run_log where run_log.run_uuid = ${uuid}), '[]')`;

/** The log of the run of row "q" of run_queue. */
export const LOG = `case when q.log_length > 0 then ${entriesOf("q.run_uuid")} else '[]' end`;

const COLUMNS = `r.uuid, coalesce(r.id, r.uuid::text) as id, r.workflow_id as "workflowUuid",
  r.workflow_version as "workflowVersion",
  case when r.status = 'pending' and q.started_at is not null then 'running' else r.status end as status, r.payload::text as payload,
  ${milliseconds("r.created_at")} as "createdAt", ${milliseconds("coalesce(r.started_at, q.started_at)")} as "startedAt",
  ${milliseconds("r.completed_at")} as "completedAt", r.error, r.step_results::text as "stepResults",
  case when r.step_results is not null or r.completed_at is null and coalesce(q.log_length, 0) = 0 then '[]'
    else ${entriesOf("r.uuid")} end as log`;

/** A run that is not over is as run_queue says. */
const RUNS = "workflow_runs r left join run_queue q on q.run_uuid = r.uuid";

export const FIND_RUNS = keptStatement(
  "find_runs",
  ["text"],
  {
    namespace: "text",
    uuid: "uuid",
    id: "text",
    workflowUuid: "uuid",
    workflowVersion: "integer",
    status: "text",
    payload: "text",
    createdAt: "float8",
    startedAt: "float8",
    completedAt: "float8",
    error: "text",
    stepResults: "text",
    log: "text",
  },
  `select r.namespace, ${COLUMNS} from json_to_recordset($1::text::json) as asked (namespace text, uuid uuid)
    join workflow_runs r using (namespace, uuid) left join run_queue q on q.run_uuid = r.uuid where ${few("length(asked.namespace)")}`,
);

const STORED = `select uuid from workflow_runs where uuid in (
    select value::uuid from json_array_elements_text($1::text::json))`;

const list = (
  rows: string,
) => `select uuid, id, "workflowUuid", "workflowVersion", status, payload, "createdAt", "startedAt",
    "completedAt", error, "stepResults", log from (
    select *, sum(size) over (rows unbounded preceding) - size as before from (
      select *, length(payload) + coalesce(length("stepResults"), 0) + length(log) as size from (
        select ${COLUMNS} from ${RUNS} where r.namespace = $1 and ${rows} limit $2::integer
      ) as rows
    ) as sized
  ) as page where before < ${MAX_PAGE_BYTES}`;

const LIST = {
  desc: list("r.uuid < $3::text::uuid order by r.uuid desc"),
  asc: list("r.uuid > $3::text::uuid and r.uuid < $4::text::uuid order by r.uuid"),
};

/** Runs as they are read. */
export class Runs {
  readonly #writes: Pool;
  readonly #reads: Pool;
  readonly #order: StepOrder;
  readonly #ids: Ids;

  constructor({ writes, reads }: Pools, definitions: Definitions, ids: Ids) {
    this.#ids = ids;
    this.#writes = writes;
    this.#reads = reads;
    this.#order = new StepOrder(definitions);
  }

  async find(keys: RunKey[]): Promise<(RunRecord | null)[]> {
    const wanted = new Map(keys.filter(({ uuid }) => isUuid(uuid)).map((key) => [nameOf(key), key]));
    const rows = await this.#reads.run<RunRecord & RunKey>(FIND_RUNS.call, [JSON.stringify([...wanted.values()])]);
    const runs = await this.#order.restore(rows.map(({ namespace: _, ...run }) => run));
    const found = new Map(rows.map((row, index) => [nameOf(row), runs[index]]));
    return keys.map((key) => found.get(nameOf(key)) ?? null);
  }

  async stored(uuids: string[]): Promise<string[]> {
    const rows = await this.#writes.run<{ uuid: string }>(STORED, [JSON.stringify(uuids.filter(isUuid))]);
    return rows.map(({ uuid }) => uuid);
  }

  async list({ namespace, limit, order, after }: PageRequest): Promise<RunRecord[]> {
    const rows =
      order === "desc"
        ? await this.#reads.run<RunRecord>(LIST.desc, [namespace, limit, after ?? LAST_UUID])
        : await this.#reads.run<RunRecord>(LIST.asc, [
            namespace,
            limit,
            after ?? FIRST_UUID,
            await this.#ids.settled(),
          ]);
    return this.#order.restore(rows);
  }
}

function nameOf({ namespace, uuid }: RunKey): string {
  return JSON.stringify([namespace, uuid]);
}
