import type { Database } from "bun:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../clock.ts";
import type { Outcome, Progress, Told } from "../port.ts";
import { NEVER } from "./claims.ts";
import type { Family } from "./family/family.ts";
import type { Inbox } from "./inbox.ts";
import { done } from "./workers.ts";

// The row is read first, and written by its key: SQLite 3.54 plans a join with parameters anew at each call, which took 70 µs of
// an end. Nothing changes the row in between, since this connection alone writes.
const FIND =
  "select token, started_at as startedAt, inbox, parent_uuid is not null or has_children as hasFamily from run_queue where run_uuid = ? and namespace = ?";

const APPEND = "insert into run_log (run_uuid, seq, token, entries) values (?, ?, ?, ?) on conflict do nothing";

// What is written while threads die under the run is no progress.
const CAME = `log_length = max(log_length, ?1), crashes = ?2, claims = iif(?2 = 0, 0, claims), started_at = ?3,
  inbox_heard = max(inbox_heard, ?4)`;

const HOLD = `update run_queue set ${CAME} where run_uuid = ?5`;

// A run with a request, or with more to hear, is due at once, and does not sleep.
const RELEASE = `update run_queue set ${CAME}, due_at = iif(control is null and inbox <= max(inbox_heard, ?4), ?6, ?7),
  holder = null, claim_id = null where run_uuid = ?5`;

const END = `update workflow_runs set status = ?, started_at = ?, completed_at = ?, error = ?, step_results = ?, token = ?,
  crashes = ?, output = ?, error_details = ? where uuid = ?`;

/** Removes a run that ended from the queue. */
export const LEAVE = "delete from run_queue where run_uuid = ?";

/** The same end as that of a write whose fence fails: it was written before, and is repeated. */
const ENDED_ALIKE = "select 1 from workflow_runs where uuid = ? and namespace = ? and token = ? and status = ?";

const TOLD =
  "select workflow_id as workflowUuid, workflow_version as version, payload from workflow_runs where uuid = ?";

/** Fenced writes of progress, on one SQLite connection. They expect an open transaction. */
export class ProgressWriter {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #inbox: Inbox;
  readonly #family: Family;

  constructor(database: Database, clock: Clock, inbox: Inbox, family: Family) {
    this.#database = database;
    this.#clock = clock;
    this.#inbox = inbox;
    this.#family = family;
  }

  save(progress: Progress): Outcome<null> {
    const { namespace, uuid, token, told } = progress;
    if (told !== undefined && !this.#isAsTold(uuid, told)) return { kind: "lost" };
    const row = this.#database.query<QueueRow, [string, string]>(FIND).get(uuid, namespace);
    if (row?.token !== token || (row.startedAt === null) !== (token === 0)) return done(this.#hasEnded(progress));
    if (progress.entries === null) this.#write(progress, row);
    else this.#writeWithEntries(progress, row, progress.entries);
    return done(true);
  }

  /** Writes all or nothing: a refused update takes the entries back. */
  #writeWithEntries(progress: Progress, row: QueueRow, entries: string): void {
    this.#database.query("savepoint progress").run();
    try {
      const { changes } = this.#database.query(APPEND).run(progress.uuid, progress.seq, progress.token, entries);
      // Else it is repeated.
      if (changes > 0 && progress.next.kind !== "end") this.#family.start(progress, progress.children ?? []);
      this.#write(progress, row);
    } catch (error) {
      this.#database.query("rollback to progress").run();
      throw error;
    } finally {
      this.#database.query("release progress").run();
    }
  }

  #write(progress: Progress, row: QueueRow): void {
    const { uuid, token, seq, entries, crashes, heard = 0, taken = [], left = [], next } = progress;
    const length = entries === null ? seq : seq + 1;
    const startedAt = row.startedAt ?? progress.startedAt ?? this.#clock.now();
    const came = [length, crashes, startedAt, heard, uuid] as const;
    if (next.kind !== "end") this.#inbox.take(uuid, taken);
    if (left.length > 0) this.#family.leave(uuid, left);
    if (next.kind === "hold") this.#database.query(HOLD).run(...came);
    else if (next.kind === "due") {
      this.#database.query(RELEASE).run(...came, next.dueAt ?? NEVER, this.#clock.now());
    } else {
      const { status, error, stepResults, output = null, errorDetails = null } = next;
      const completedAt = Math.max(this.#clock.now(), startedAt);
      this.#database
        .query(END)
        .run(status, startedAt, completedAt, error, stepResults, token, crashes, output, errorDetails, uuid);
      this.#family.start(progress, progress.children ?? []);
      if (row.hasFamily) this.#family.end(uuid, next);
      this.#database.query(LEAVE).run(uuid);
      if (row.inbox > 0) this.#inbox.clear(uuid);
    }
  }

  #hasEnded({ namespace, uuid, token, next }: Progress): boolean {
    return next.kind === "end" && this.#database.query(ENDED_ALIKE).get(uuid, namespace, token, next.status) !== null;
  }

  #isAsTold(uuid: string, { workflowUuid, version, payload }: Told): boolean {
    const row = this.#database.query<Required<Told>, [string]>(TOLD).get(uuid);
    if (row === null || row.workflowUuid !== workflowUuid || row.version !== version) return false;
    return payload === undefined || isDeepStrictEqual(JSON.parse(row.payload), JSON.parse(payload));
  }
}

interface QueueRow {
  token: number;
  startedAt: number | null;
  /** Things that came into its inbox. */
  inbox: number;
  hasFamily: number;
}
