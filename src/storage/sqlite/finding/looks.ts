import type { Database } from "bun:sqlite";
import { atOnce } from "../../../db/sqlite.ts";
import { idFloor } from "../../../ids.ts";
import { ID_AHEAD_MILLISECONDS, type RunFilter, type RunLook } from "../../../schemas/lists/run-query.ts";
import type { RunStatus } from "../../../schemas/runs/run.ts";
import { MOST_OF_ERROR, WAITS } from "../../port/finding/looks.ts";
import type { RunSummary, RunsLooked } from "../../port.ts";
import { NEVER } from "../never.ts";
import { statusOf } from "../runs.ts";

type Bindings = Record<string, string | number>;

const STATUS = statusOf("r.uuid", "r.status");

const COLUMNS = `r.uuid, r.workflow_id as workflowUuid, r.workflow_version as workflowVersion, v.id as workflowId, v.name as workflowName,
  ${STATUS} as status, r.created_at as createdAt, coalesce(r.started_at, q.started_at) as startedAt, r.completed_at as completedAt,
  iif(q.holder is null and q.started_at is not null and q.due_at < ${NEVER}, q.due_at, null) as wakeAt, q.log_length as logRows,
  substr(r.error, 1, ${MOST_OF_ERROR}) as error, r.parent_run_id as parentRunId, r.root_run_id as rootRunId`;

/** Statuses that have an index: runs that ended otherwise than in success are few. */
const UNSUCCESSFUL: readonly RunStatus[] = ["failed", "paused", "cancelled"];
/** Other runs have no error. */
const WITH_ERROR: readonly RunStatus[] = ["failed", "cancelled"];

/** The uuids that are looked at, in order: from the shortest index that has all runs that are wanted. */
function candidates(
  { filter, order, limit: _, ...look }: RunLook,
  until: string,
): { text: string; bindings: Bindings } {
  const { low, high } = rangeOf({ ...look, filter, order }, until);
  const bindings: Bindings = { low, high, most: look.most };
  const within = (uuid: string) => `${uuid} > $low and ${uuid} < $high`;
  const sources: string[] = [];
  const of = (index: string, condition: string) =>
    sources.push(`select uuid from workflow_runs indexed by ${index} where ${condition} and ${within("uuid")}`);
  const statuses = filter.statuses ?? (filter.error === undefined ? null : WITH_ERROR);
  if (filter.uuids !== undefined) {
    bindings.uuids = JSON.stringify(filter.uuids);
    sources.push(
      `select uuid from workflow_runs where uuid in (select value from json_each($uuids)) and ${within("+uuid")}`,
    );
  } else if (filter.parentRunId !== undefined) of("workflow_runs_by_parent", "parent_run_id = $parentRunId");
  else if (filter.rootRunId !== undefined) of("workflow_runs_by_root", "root_run_id = $rootRunId");
  else if (filter.retryOf !== undefined) of("workflow_runs_by_retried", "retry_of = $retryOf");
  else if (statuses !== null && !statuses.includes("success")) {
    for (const status of UNSUCCESSFUL.filter((one) => statuses.includes(one))) {
      of("workflow_runs_unsuccessful", `status = '${status}'`);
    }
    // Those that wait for their turn are not in the queue.
    if (statuses.some((status) => status !== "failed" && status !== "cancelled")) {
      for (const table of ["run_queue", "run_turns"])
        sources.push(`select run_uuid as uuid from ${table} where ${within("run_uuid")}`);
    }
  } else sources.push(`select uuid from workflow_runs where ${within("uuid")}`);
  return { text: `select uuid from (${sources.join(" union ")} order by uuid ${order} limit $most)`, bindings };
}

/** The uuids between which runs are looked at, both left out. */
function rangeOf({ filter, order, after }: Omit<RunLook, "limit">, until: string): { low: string; high: string } {
  const { createdFrom, createdTo } = filter;
  const from = createdFrom === undefined ? "" : idFloor(createdFrom - ID_AHEAD_MILLISECONDS);
  const to = createdTo === undefined ? "g" : idFloor(createdTo + ID_AHEAD_MILLISECONDS);
  if (order === "desc") return { low: from, high: after !== null && after < to ? after : to };
  return { low: after !== null && after > from ? after : from, high: to < until ? to : until };
}

/** Conditions on run "r" for all that a filter says, and their parameters. */
function conditions(namespace: string, filter: RunFilter): { text: string; bindings: Bindings } {
  const texts = ["r.namespace = $namespace"];
  const bindings: Bindings = { namespace };
  const add = (text: string, name: string, value: string | number | undefined) => {
    if (value === undefined) return;
    texts.push(text);
    bindings[name] = value;
  };
  if (filter.statuses !== undefined)
    texts.push(`${STATUS} in (${filter.statuses.map((one) => `'${one}'`).join(", ")})`);
  add("r.workflow_id = $workflowUuid", "workflowUuid", filter.workflowUuid);
  add("r.workflow_version = $version", "version", filter.version);
  add("r.created_at >= $createdFrom", "createdFrom", filter.createdFrom);
  add("r.created_at < $createdTo", "createdTo", filter.createdTo);
  add("r.parent_run_id = $parentRunId", "parentRunId", filter.parentRunId);
  add("r.root_run_id = $rootRunId", "rootRunId", filter.rootRunId);
  add("r.retry_of = $retryOf", "retryOf", filter.retryOf);
  add("instr(lower(r.error), lower($error)) > 0", "error", filter.error);
  if (filter.hasWaited)
    texts.push(`exists (select 1 from run_log where run_uuid = r.uuid and instr(entries, '${WAITS}') > 0)`);
  add("exists (select 1 from json_each(r.tags) where value = $tag)", "tag", filter.tag);
  return { text: texts.join(" and "), bindings };
}

/** The text that looks for runs, for a look at its plan as well. `until` bounds an ascending look, exclusive. */
export function lookOf(
  look: RunLook,
  until: string,
): { find: string; last: string; bindings: Bindings; bounds: Bindings } {
  const source = candidates(look, until);
  const wanted = conditions(look.namespace, look.filter);
  const { parentRunId, rootRunId, retryOf } = wanted.bindings;
  const named: Bindings = {};
  for (const [name, value] of Object.entries({ parentRunId, rootRunId, retryOf })) {
    if (value !== undefined && source.text.includes(`$${name}`)) named[name] = value;
  }
  const bounds = { ...source.bindings, ...named };
  return {
    // "Cross join" looks the uuids up one by one, in their order, until there are enough: "order by" would have all of them sorted.
    find: `select ${COLUMNS} from (${source.text}) as c cross join workflow_runs r on r.uuid = c.uuid
      left join run_queue q on q.run_uuid = r.uuid left join workflow_versions v on v.workflow_uuid = r.workflow_id and v.version = r.workflow_version
      where ${wanted.text} limit $limit`,
    last: `select uuid from (${source.text}) limit 1 offset $most - 1`,
    bindings: { ...bounds, ...wanted.bindings, limit: look.limit },
    bounds,
  };
}

/** Looks for runs, on one SQLite connection. */
export class Looks {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  look(look: RunLook, until: string): RunsLooked {
    return atOnce(this.#database, () => this.#look(look, until));
  }

  /** Were runs stored or over between its two statements, the last would be another than the one that was looked at. */
  #look(look: RunLook, until: string): RunsLooked {
    const { find, last, bindings, bounds } = lookOf(look, until);
    const runs = this.#database.prepare<RunSummary, Bindings[]>(find).all(bindings);
    const full = runs[look.limit - 1];
    if (full !== undefined) return { runs, lookedTo: full.uuid };
    const row = this.#database.prepare<{ uuid: string }, Bindings[]>(last).get(bounds);
    return { runs, lookedTo: row?.uuid ?? null };
  }
}
