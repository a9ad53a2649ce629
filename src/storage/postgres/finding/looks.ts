import { keptExecutor } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { idFloor, isUuid } from "../../../ids.ts";
import { ID_AHEAD_MILLISECONDS, type RunFilter, type RunLook } from "../../../schemas/lists/run-query.ts";
import type { RunStatus } from "../../../schemas/runs/run.ts";
import { MOST_OF_ERROR, WAITS } from "../../port/finding/looks.ts";
import type { RunSummary, RunsLooked } from "../../port.ts";
import type { Settled } from "../ids.ts";
import { STATUS } from "../runs.ts";
import { arrayOf, FIRST_UUID, LAST_UUID, milliseconds } from "../statement.ts";

/** Carries out looks. */
export const LOOK_FOR_RUNS = keptExecutor("look_for_runs");

/** Statuses that have an index: runs that ended otherwise than in success are few. */
const UNSUCCESSFUL: readonly RunStatus[] = ["failed", "paused", "cancelled"];
/** Other runs have no error. */
const WITH_ERROR: readonly RunStatus[] = ["failed", "cancelled"];

/** What of a row is looked at: columns of workflow_runs that are short. */
const LOOKED =
  "uuid, namespace, workflow_id, workflow_version, status, created_at, started_at, completed_at, error, tags, parent_run_id, root_run_id, retry_of";

/** Names a parameter of a statement. */
type Bind = (value: string | number, type: string) => string;

/** The uuids between which runs are looked at; those at the ends are left out. */
interface Range {
  low: string;
  high: string;
}

function rangeOf({ filter, order, after }: RunLook, until: string): Range {
  const { createdFrom, createdTo } = filter;
  const from = createdFrom === undefined ? FIRST_UUID : idFloor(createdFrom - ID_AHEAD_MILLISECONDS);
  const to = createdTo === undefined ? LAST_UUID : idFloor(createdTo + ID_AHEAD_MILLISECONDS);
  if (order === "desc") return { low: from, high: after !== null && after < to ? after : to };
  return { low: after !== null && after > from ? after : from, high: to < until ? to : until };
}

/** Of a workflow with no more runs left than this part of those that a look is at, all are looked at, whatever is wanted of them. */
const FEW = 4;

/** What is looked at: rows in order. */
interface Sources {
  /** A table before them; empty for none. */
  before: string;
  /** Statements that give the rows. */
  texts: string[];
}

/**
 * The rows that are looked at, in order: from the shortest index that has all runs that are wanted. The planner has to take that
 * index, however often it thinks the value occurs: only there can a row be compared with a pair, and is one behind the other.
 */
function sourcesOf(look: RunLook, { low, high }: Range, bind: Bind): Sources {
  const { filter, order, most } = look;
  const [first, last, limit] = [bind(low, "uuid"), bind(high, "uuid"), bind(most, "integer")];
  const within = (uuid: string) => `${uuid} > ${first} and ${uuid} < ${last}`;
  const of = (column: string, value: string, columns = LOOKED, count = limit) => `select ${columns} from workflow_runs
    where ${column} is not null and (${column}, uuid) > (${value}, ${first}) and (${column}, uuid) < (${value}, ${last})
    and ${within("uuid")} order by ${column} ${order}, uuid ${order} limit ${count}`;
  const only = (text: string): Sources => ({ before: "", texts: [text] });
  const statuses = filter.statuses ?? (filter.error === undefined ? null : WITH_ERROR);
  if (filter.uuids !== undefined) {
    const asked = bind(arrayOf(filter.uuids), "uuid[]");
    return only(
      `select ${LOOKED} from workflow_runs where uuid = any(${asked}) and ${within("uuid")} order by uuid ${order} limit ${limit}`,
    );
  }
  if (filter.parentRunId !== undefined) return only(of("parent_run_id", bind(filter.parentRunId, "uuid")));
  if (filter.rootRunId !== undefined) return only(of("root_run_id", bind(filter.rootRunId, "uuid")));
  if (filter.retryOf !== undefined) return only(of("retry_of", bind(filter.retryOf, "uuid")));
  if (statuses !== null && !statuses.includes("success")) {
    const ended = UNSUCCESSFUL.filter((one) => statuses.includes(one));
    // Those that wait for their turn are not in the queue. "Offset 0": each row is looked up by its uuid.
    const open = statuses.some((status) => status !== "failed" && status !== "cancelled")
      ? ["run_queue", "run_turns"]
      : [];
    const rowsOf = (uuids: string) =>
      `select r.* from ${uuids}, lateral (select ${LOOKED} from workflow_runs where uuid = run_uuid and ${within("uuid")} offset 0) as r`;
    const queued = (table: string) =>
      rowsOf(
        `(select run_uuid from ${table} where ${within("run_uuid")} order by run_uuid ${order} limit ${limit}) as queued`,
      );
    const texts = [...ended.map((status) => of("unsuccessful", bind(status, "text"))), ...open.map(queued)];
    if (filter.workflowUuid === undefined) return { before: "", texts };
    // Among many that failed those of a workflow with few runs would be looked for in vain: its own index is the shorter one then.
    const few = bind(Math.ceil(most / FEW), "integer");
    const own = of("workflow_id", bind(filter.workflowUuid, "uuid"), "uuid as run_uuid", few);
    const isFew = `(select count(*) from own) < ${few}`;
    return {
      before: `own as materialized (${own}), `,
      texts: [
        `${rowsOf("own")} where ${isFew}`,
        ...texts.map((text) => `select * from (${text}) as source where not ${isFew}`),
      ],
    };
  }
  if (filter.workflowUuid !== undefined) return only(of("workflow_id", bind(filter.workflowUuid, "uuid")));
  return only(`select ${LOOKED} from workflow_runs where ${within("uuid")} order by uuid ${order} limit ${limit}`);
}

/** Conditions on run "r", and "q" of run_queue, for all that a filter says. */
function conditionsOf(namespace: string, filter: RunFilter, bind: Bind): string {
  const { statuses, workflowUuid, version, parentRunId, rootRunId, retryOf, createdFrom, createdTo, error, tag } =
    filter;
  const conditions = [`r.namespace = ${bind(namespace, "text")}`];
  const add = (condition: string, value: string | number | undefined, type: string) => {
    if (value !== undefined) conditions.push(condition.replace("?", bind(value, type)));
  };
  if (statuses !== undefined) conditions.push(`${STATUS} in (${statuses.map((one) => bind(one, "text")).join(", ")})`);
  add("r.workflow_id = ?", workflowUuid, "uuid");
  add("r.workflow_version = ?", version, "integer");
  add("r.retry_of = ?", retryOf, "uuid");
  add("r.created_at >= to_timestamp(? / 1000)", createdFrom, "float8");
  add("r.created_at < to_timestamp(? / 1000)", createdTo, "float8");
  add("r.parent_run_id = ?", parentRunId, "uuid");
  add("r.root_run_id = ?", rootRunId, "uuid");
  add(`position(lower(? collate "C") in lower(r.error collate "C")) > 0`, error, "text");
  if (filter.hasWaited)
    conditions.push(
      `exists (select 1 from run_log where run_uuid = r.uuid and position('${WAITS}' in entries::text) > 0)`,
    );
  add("r.tags @> to_jsonb(?)", tag, "text");
  return conditions.join(" and ");
}

/** The statement of a look, for `keptExecutor`, and its parameters. `until` bounds an ascending look, exclusive. */
export function statementOf(look: RunLook, until: string): { text: string; parameters: string[] } {
  const { namespace, filter, order, limit, most } = look;
  const parameters: string[] = [];
  const bind: Bind = (value, type) => `($1)[${parameters.push(String(value))}]::${type}`;
  const { before, texts } = sourcesOf(look, rangeOf(look, until), bind);
  const text = `with ${before}looked as materialized (
      select * from (${texts.map((source) => `(${source})`).join(" union ")}) as source order by uuid ${order} limit ${bind(most, "integer")}
    ), found as materialized (
      select r.*, ${STATUS} as shown, coalesce(r.started_at, q.started_at) as begun, q.log_length as log_rows,
        case when q.holder is null and q.started_at is not null and isfinite(q.due_at) then q.due_at end as wakes
      from looked as r left join lateral (
        select run_uuid, started_at, holder, due_at, paused_at, log_length from run_queue where run_uuid = r.uuid and r.completed_at is null offset 0
      ) as q on true
      where ${conditionsOf(namespace, filter, bind)} order by r.uuid ${order} limit ${bind(limit, "integer")}
    )
    select json_build_object('count', (select count(*) from looked),
      'last', (select uuid from looked order by uuid ${reverse(order)} limit 1), 'runs', (select coalesce(json_agg(json_build_object('uuid', f.uuid, 'workflowUuid', f.workflow_id, 'workflowVersion', f.workflow_version,
        'workflowId', v.id, 'workflowName', v.name, 'status', f.shown, 'createdAt', ${milliseconds("f.created_at")},
        'startedAt', ${milliseconds("f.begun")}, 'completedAt', ${milliseconds("f.completed_at")}, 'wakeAt', ${milliseconds("f.wakes")}, 'logRows', f.log_rows,
        'error', left(f.error, ${MOST_OF_ERROR}), 'parentRunId', f.parent_run_id, 'rootRunId', f.root_run_id) order by f.uuid ${order}), '[]')
      from found f left join lateral (
        select id, name from workflow_versions where workflow_uuid = f.workflow_id and version = f.workflow_version offset 0
      ) as v on true))::text`;
  return { text, parameters };
}

function reverse(order: "asc" | "desc"): "asc" | "desc" {
  return order === "asc" ? "desc" : "asc";
}

/** Looks for runs on one server. */
export class Looks {
  readonly #pool: Pool;
  readonly #settled: Settled;

  constructor(pool: Pool, settled: Settled) {
    this.#pool = pool;
    this.#settled = settled;
  }

  async look(look: RunLook): Promise<RunsLooked> {
    const { uuids: asked = [], parentRunId, rootRunId, retryOf, workflowUuid } = look.filter;
    const uuids = [...asked, parentRunId, rootRunId, retryOf, workflowUuid].filter((uuid) => uuid !== undefined);
    if (!uuids.every(isUuid)) return { runs: [], lookedTo: null };
    const { text, parameters } = statementOf(look, look.order === "asc" ? await this.#settled() : LAST_UUID);
    const [row] = await this.#pool.run<{ result: string }>(LOOK_FOR_RUNS.call, [text, arrayOf(parameters)]);
    if (row === undefined) throw new Error("A look for runs gives one row");
    const { count, last, runs }: { count: number; last: string | null; runs: RunSummary[] } = JSON.parse(row.result);
    const full = runs[look.limit - 1];
    return { runs, lookedTo: full?.uuid ?? (count < look.most ? null : last) };
  }
}
