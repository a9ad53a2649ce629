import type { Database } from "bun:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../clock.ts";
import type { FoundFresh, FreshProgress, FreshRun, Outcome } from "../port.ts";
import { LEAVE, SAVED_ALIKE } from "./runs.ts";
import { done } from "./workers.ts";

const FRESH = `select uuid, workflow_id as workflowUuid, workflow_version as version, payload,
  exists (select 1 from run_queue where run_uuid = uuid and token = 0 and started_at is null) as fresh
  from workflow_runs where uuid = ?`;

// Nobody claimed it, and it stands where its writer knows it. A claim that comes first changes the token.
const FENCE = "run_uuid = ? and q.token = 0 and log_length = ? and (q.started_at is null) = (log_length = 0)";

const END_FRESH = `update workflow_runs set status = ?, started_at = coalesce((select started_at from run_queue where run_uuid = uuid), ?),
  completed_at = ?, error = ?, step_results = ?, token = 0, crashes = 0
  where uuid = ? and exists (select 1 from run_queue q where ${FENCE})`;

const SLEEP_FRESH = `update run_queue as q set due_at = ?, started_at = coalesce(started_at, ?), log_length = ? where ${FENCE}`;

const LOG_FRESH = `insert into run_log (run_uuid, seq, token, entries)
  select run_uuid, log_length, 0, ? from run_queue q where ${FENCE} on conflict do nothing`;

const LOGGED_ALIKE = `select 1 from run_log l join run_queue q on q.run_uuid = l.run_uuid
  where l.run_uuid = ? and seq = ? and l.token = 0 and entries = ? and q.token = 0 and q.started_at is not null`;

/** Runs that are executed without a claim, on one SQLite connection. Writes expect an open transaction. */
export class FreshRuns {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  find(uuids: string[], maxBytes: number): FoundFresh {
    const statement = this.#database.query<FreshRun & { fresh: number }, [string]>(FRESH);
    const found: FoundFresh = { fresh: [], taken: [] };
    let room = maxBytes;
    for (const uuid of new Set(uuids)) {
      const row = statement.get(uuid);
      if (row === null) continue;
      const { fresh, ...run } = row;
      if (fresh === 0) found.taken.push(uuid);
      else if (room > 0 || found.fresh.length === 0) {
        room -= run.payload.length;
        found.fresh.push(run);
      }
    }
    return found;
  }

  save({ uuid, logLength, startedAt, told, next }: FreshProgress): Outcome<null> {
    if (told !== null && !this.#isAsTold(uuid, told)) return { kind: "lost" };
    if (next.kind === "sleep") {
      const { dueAt, entries } = next;
      if (entries !== null) this.#database.query(LOG_FRESH).run(entries, uuid, logLength);
      const length = entries === null ? logLength : logLength + 1;
      const { changes } = this.#database.query(SLEEP_FRESH).run(dueAt, startedAt, length, uuid, logLength);
      return done(changes > 0 || this.#database.query(LOGGED_ALIKE).get(uuid, logLength, entries) !== null);
    }
    const { status, error, stepResults } = next;
    const { changes } = this.#database
      .query(END_FRESH)
      .run(status, startedAt, Math.max(this.#clock.now(), startedAt), error, stepResults, uuid, uuid, logLength);
    if (changes > 0) this.#database.query(LEAVE).run(uuid);
    return done(changes > 0 || this.#database.query(SAVED_ALIKE).get(uuid, 0, status) !== null);
  }

  #isAsTold(uuid: string, { workflowUuid, version, payload }: NonNullable<FreshProgress["told"]>): boolean {
    const row = this.#database.query<FreshRun, [string]>(FRESH).get(uuid);
    if (row === null || row.workflowUuid !== workflowUuid || row.version !== version) return false;
    return isDeepStrictEqual(JSON.parse(row.payload), JSON.parse(payload));
  }
}
