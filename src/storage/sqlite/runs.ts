import type { Database } from "bun:sqlite";
import type { PageRequest } from "../../schemas/lists/page.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import type { RunRecord, StoredFacts } from "../port.ts";
import { listPage } from "./list-page.ts";

// SQLite 3.54 plans a join with parameters anew at each call (30 µs of a look at a run), and nested selects once.
const QUEUED = "from run_queue where run_uuid = uuid";

/** The status that is shown: that of an open run is in run_queue, or in run_turns. */
export const statusOf = (uuid: string, status: string) => `case when ${status} <> 'pending' then ${status}
    when exists (select 1 from run_queue where run_uuid = ${uuid} and paused_at is not null and holder is null) then 'paused'
    when exists (select 1 from run_queue where run_uuid = ${uuid} and started_at is not null) then 'running'
    when exists (select 1 from run_turns where run_uuid = ${uuid} and begun_at is null and paused_at is not null) then 'paused'
    else ${status} end`;

/** The status and the start of an open run are in run_queue. */
const COLUMNS = `uuid, coalesce(id, uuid) as id, workflow_id as workflowUuid, workflow_version as workflowVersion,
  ${statusOf("uuid", "status")} as status, payload,
  created_at as createdAt, coalesce(started_at, (select started_at ${QUEUED})) as startedAt, completed_at as completedAt, error,
  parent_run_id as parentRunId, root_run_id as rootRunId,
  step_results as stepResults, output, error_details as errorDetails, tags, start_at as startAt, priority,
  cancel_reason as cancelReason, retry_of as retryOf,
  iif(completed_at is null, (select case when control is not null then 'cancelling' when paused_at is not null and holder is not null
    then 'pausing' end ${QUEUED}), null) as control, coalesce((select log_length ${QUEUED}), 0) as logLength`;

const FIND = `select ${COLUMNS} from workflow_runs where uuid = ? and namespace = ?`;

const STORED = "select 1 from workflow_runs where uuid = ? and namespace = ?";

const ENDED = "select 1 from workflow_runs where uuid = ? and namespace = ? and completed_at is not null";

const FACTS = `select created_at as createdAt, coalesce(started_at, (select started_at ${QUEUED}), created_at) as startedAt,
  parent_run_id as parentRunId, root_run_id as rootRunId, tags from workflow_runs where uuid = ? and namespace = ?`;

const LIST = {
  desc: `select ${COLUMNS} from workflow_runs where namespace = +$namespace and uuid < +$after
    order by uuid desc limit +$limit`,
  asc: `select ${COLUMNS} from workflow_runs where namespace = +$namespace and uuid > +$after and uuid < +$until
    order by uuid limit +$limit`,
};

const LOG = "select seq, entries from run_log where run_uuid = ?";

type StoredRun = Omit<RunRecord, "log"> & { logLength: number };

/** Runs as they are read, on one SQLite connection. */
export class Runs {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find({ namespace, uuid }: RunKey): RunRecord | null {
    const row = this.#database.query<StoredRun, [string, string]>(FIND).get(uuid, namespace);
    return row === null ? null : this.#withLog(row);
  }

  isStored({ namespace, uuid }: RunKey): boolean {
    return this.#database.query(STORED).get(uuid, namespace) !== null;
  }

  hasEnded({ namespace, uuid }: RunKey): boolean {
    return this.#database.query(ENDED).get(uuid, namespace) !== null;
  }

  facts({ namespace, uuid }: RunKey): StoredFacts | null {
    return this.#database.query<StoredFacts, [string, string]>(FACTS).get(uuid, namespace);
  }

  list(page: PageRequest, until: string): RunRecord[] {
    return listPage(this.#database, LIST, page, until, (row: StoredRun) => this.#withLog(row));
  }

  #withLog({ logLength, ...row }: StoredRun): RunRecord {
    if (row.stepResults !== null) return { ...row, log: "[]" };
    return { ...row, log: logOf(this.#database, row.uuid, row.completedAt === null ? logLength : 1) };
  }
}

/** JSON array text of the log of a run, which is read only if its length is not 0. */
export function logOf(database: Database, uuid: string, length: number): string {
  if (length === 0) return "[]";
  return joined(database.query<LogRow, [string]>(LOG).all(uuid));
}

export interface LogRow {
  seq: number;
  entries: string;
}

/** Rows of a log joined to one JSON array, in their order: SQLite would plan an "order by" anew at each call. */
export function joined(rows: LogRow[]): string {
  rows.sort((first, second) => first.seq - second.seq);
  return `[${rows.map(({ entries }) => entries.slice(1, -1)).join(",")}]`;
}
