import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import { MAX_PAGE_BYTES, type PageRequest } from "../../schemas/lists/page.ts";
import { nameOfRun, type RunKey } from "../../schemas/runs/run.ts";
import type { RunRecord } from "../port.ts";
import type { Settled } from "./ids.ts";
import { boundRuns, FIRST_UUID, LAST_UUID, milliseconds, within } from "./statement.ts";
import type { RunRow, StepOrder } from "./step-order.ts";

/** Rows of run_log joined to one JSON array; null of none. */
export const ENTRIES = `'[' || string_agg(substr(entries::text, 2, length(entries::text) - 2), ',' order by seq) || ']'`;

/** The whole log of a run as one JSON array; the uuid is within `low` and `high`. */
export const entriesOf = (uuid: string, low: string, high: string) => `coalesce((
    select ${ENTRIES}
    from run_log where run_log.run_uuid = ${uuid} and ${within("run_log.run_uuid", low, high)}), '[]')`;

/** The log of the run of row "q" of run_queue, whose uuid is within `low` and `high`. */
export const logOf = (low: string, high: string) =>
  `case when q.log_length > 0 then ${entriesOf("q.run_uuid", low, high)} else '[]' end`;

const IS_PAUSED_IN_LINE =
  "exists (select from run_turns t where t.run_uuid = r.uuid and t.begun_at is null and t.paused_at is not null)";

/** The status that is shown of a run of row "r" of workflow_runs, and "q" of run_queue where it is not over. */
export const STATUS = `case when r.status <> 'pending' then r.status when q.paused_at is not null and q.holder is null then 'paused'
    when q.run_uuid is null and ${IS_PAUSED_IN_LINE} then 'paused' when q.started_at is not null then 'running' else r.status end`;

/** A run of row "r" of workflow_runs, and "q" of run_queue where it is not over. */
const columns = (
  low: string,
  high: string,
) => `r.namespace, r.uuid, coalesce(r.id, r.uuid::text) as id, r.workflow_id as "workflowUuid",
  r.workflow_version as "workflowVersion",
  ${STATUS} as status,
  r.payload::text as payload,
  ${milliseconds("r.created_at")} as "createdAt", ${milliseconds("coalesce(r.started_at, q.started_at)")} as "startedAt",
  ${milliseconds("r.completed_at")} as "completedAt", r.error, r.parent_run_id as "parentRunId", r.root_run_id as "rootRunId",
  r.step_results::text as "stepResults",
  r.output::text as output, r.error_details::text as "errorDetails", r.tags::text as tags,
  ${milliseconds("r.start_at")} as "startAt", r.priority::integer as priority,
  case when r.completed_at is not null then null when q.control is not null then 'cancelling'
    when q.paused_at is not null and q.holder is not null then 'pausing' end as control,
  r.cancel_reason as "cancelReason", r.retry_of as "retryOf",
  case when r.step_results is not null or r.completed_at is null and coalesce(q.log_length, 0) = 0 then '[]'
    else ${entriesOf("r.uuid", low, high)} end as log`;

const RECORD = {
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
  parentRunId: "uuid",
  rootRunId: "uuid",
  stepResults: "text",
  output: "text",
  errorDetails: "text",
  tags: "text",
  startAt: "float8",
  priority: "integer",
  control: "text",
  cancelReason: "text",
  retryOf: "uuid",
  log: "text",
} as const;

export const FIND_RUNS = keptStatement(
  "find_runs",
  ["text[]", "uuid[]", "uuid", "uuid"],
  RECORD,
  `select ${columns("$3", "$4")} from workflow_runs r left join run_queue q on q.run_uuid = r.uuid
    where r.uuid = any($2) and r.namespace = any($1) and ${within("r.uuid", "$3", "$4")}`,
);

const STORED = `select namespace, uuid from workflow_runs
  where uuid = any($2::uuid[]) and namespace = any($1::text[]) and ${within("uuid", "$3", "$4")}`;

export const ENDED_RUNS = keptStatement(
  "ended_runs",
  ["text[]", "uuid[]", "uuid", "uuid"],
  { namespace: "text", uuid: "uuid" },
  `select namespace, uuid from workflow_runs
    where uuid = any($2) and namespace = any($1) and completed_at is not null and ${within("uuid", "$3", "$4")}`,
);

// The limit is applied before the rows of run_queue are looked up, one by one ("offset 0"): the plan is kept, and the planner does
// not know the limit.
const list = (
  rows: string,
  low: string,
  high: string,
) => `select namespace, uuid, id, "workflowUuid", "workflowVersion", status, payload,
    "createdAt", "startedAt", "completedAt", error, "parentRunId", "rootRunId", "stepResults", output, "errorDetails", tags, "startAt", priority, control, "cancelReason", "retryOf", log from (
    select *, sum(size) over (rows unbounded preceding) - size as before from (
      select *, length(payload) + coalesce(length("stepResults"), 0) + coalesce(length(output), 0) + length(log) as size from (
        select ${columns(low, high)} from (select * from workflow_runs r where r.namespace = $1 and ${rows} limit $2) as r
        left join lateral (select * from run_queue q where q.run_uuid = r.uuid offset 0) as q on true
      ) as rows
    ) as sized
  ) as page where before < ${MAX_PAGE_BYTES}`;

export const LIST_RUNS = {
  desc: keptStatement(
    "list_runs",
    ["text", "integer", "uuid"],
    RECORD,
    list("r.uuid < $3 order by r.uuid desc", `'${FIRST_UUID}'`, "$3"),
  ),
  asc: keptStatement(
    "list_runs_ascending",
    ["text", "integer", "uuid", "uuid"],
    RECORD,
    list("r.uuid > $3 and r.uuid < $4 order by r.uuid", "$3", "$4"),
  ),
};

/** The runs among these that are stored. */
export function storedRuns(pool: Pool, keys: RunKey[]): Promise<RunKey[]> {
  return among(pool, STORED, keys);
}

/** The runs among these that have ended. */
export function endedRuns(pool: Pool, keys: RunKey[]): Promise<RunKey[]> {
  return among(pool, ENDED_RUNS.call, keys);
}

async function among(pool: Pool, statement: string, keys: RunKey[]): Promise<RunKey[]> {
  const asked = keys.filter(({ uuid }) => isUuid(uuid));
  const rows = await pool.run<RunKey>(statement, boundRuns(asked));
  const found = new Set(rows.map(nameOfRun));
  return asked.filter((key) => found.has(nameOfRun(key)));
}

/** Runs as they are read on one server. */
export class Runs {
  readonly #pool: Pool;
  readonly #order: StepOrder;
  readonly #settled: Settled;

  constructor(pool: Pool, order: StepOrder, settled: Settled) {
    this.#pool = pool;
    this.#order = order;
    this.#settled = settled;
  }

  async find(keys: RunKey[]): Promise<(RunRecord | null)[]> {
    const wanted = new Map(keys.filter(({ uuid }) => isUuid(uuid)).map((key) => [nameOfRun(key), key]));
    if (wanted.size === 0) return keys.map(() => null);
    const rows = await this.#pool.run<RunRow>(FIND_RUNS.call, boundRuns([...wanted.values()]));
    const runs = await this.#order.restore(rows);
    const found = new Map(rows.map((row, index) => [nameOfRun(row), runs[index]]));
    return keys.map((key) => found.get(nameOfRun(key)) ?? null);
  }

  async list({ namespace, limit, order, after }: PageRequest): Promise<RunRecord[]> {
    const rows =
      order === "desc"
        ? await this.#pool.run<RunRow>(LIST_RUNS.desc.call, [namespace, limit, after ?? LAST_UUID])
        : await this.#pool.run<RunRow>(LIST_RUNS.asc.call, [
            namespace,
            limit,
            after ?? FIRST_UUID,
            await this.#settled(),
          ]);
    return this.#order.restore(rows);
  }
}
