import type { Database } from "bun:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../clock.ts";
import type { ChildRefusal } from "../../schemas/runs/child.ts";
import type { Progress, Saved, Told } from "../port.ts";
import type { Family } from "./family/family.ts";
import type { NewChildren } from "./family/new-children.ts";
import type { RunCounter } from "./finding/counts.ts";
import type { Inbox } from "./inbox.ts";
import { NEVER } from "./never.ts";
import { done } from "./workers.ts";

// The row is read first, and written by its key: SQLite 3.54 plans a join with parameters anew at each call, which took 70 µs of
// an end. Nothing changes the row in between, since this connection alone writes.
const FIND =
  "select token, started_at as startedAt, paused_at as pausedAt, log_length as logLength, inbox, parent_uuid is not null as hasParent, has_children as hasChildren from run_queue where run_uuid = ? and namespace = ?";

const APPEND = "insert into run_log (run_uuid, seq, token, entries) values (?, ?, ?, ?) on conflict do nothing";

// What is written while threads die under the run is no progress.
const CAME = `log_length = max(log_length, ?1), crashes = ?2, claims = iif(?2 = 0, 0, claims), started_at = ?3,
  inbox_heard = max(inbox_heard, ?4)`;

const HOLD = `update run_queue set ${CAME} where run_uuid = ?5`;

// A run that is to be cancelled, or has more to hear, is due at once, and does not sleep; one that is paused does nothing else.
const RELEASE = `update run_queue set ${CAME}, due_at = case when control is not null and not is_obeyed then ?7
    when paused_at is not null then ${NEVER} when inbox > max(inbox_heard, ?4) then ?7 else ?6 end,
  holder = null, claim_id = null where run_uuid = ?5`;

// A request that came after the one that the run obeyed is another one.
const OBEY = "update run_queue set is_obeyed = 1 where run_uuid = ? and control is not null and compensates = ?";

const END = `update workflow_runs set status = ?, started_at = ?, completed_at = ?, error = ?, step_results = ?, token = ?,
  crashes = ?, output = ?, error_details = ? where uuid = ? returning workflow_id as workflowUuid`;

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
  readonly #children: NewChildren;
  readonly #counter: RunCounter;

  constructor(
    database: Database,
    clock: Clock,
    parts: { inbox: Inbox; family: Family; children: NewChildren; counter: RunCounter },
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#inbox = parts.inbox;
    this.#family = parts.family;
    this.#children = parts.children;
    this.#counter = parts.counter;
  }

  save(progress: Progress): Saved {
    const { namespace, uuid, token, told, children = [] } = progress;
    if (told !== undefined && !this.#isAsTold(uuid, told)) return { kind: "lost" };
    const row = this.#database.query<QueueRow, [string, string]>(FIND).get(uuid, namespace);
    if (row?.token !== token || (row.startedAt === null) !== (token === 0)) return done(this.#hasEnded(progress));
    // One that was never begun stands still, or keeps something of another.
    if (token === 0 && (row.pausedAt !== null || row.logLength > 0)) return done(false);
    const unprepared = this.#children.unprepared(namespace, children);
    if (unprepared.length > 0) return { kind: "unprepared", children: unprepared };
    if (progress.entries !== null)
      return { kind: "ok", value: this.#writeWithEntries(progress, row, progress.entries) };
    return { kind: "ok", value: this.#write(progress, row) };
  }

  /** Writes all or nothing: a refused update takes the entries back. */
  #writeWithEntries(progress: Progress, row: QueueRow, entries: string): ChildRefusal | null {
    this.#database.query("savepoint progress").run();
    try {
      const { changes } = this.#database.query(APPEND).run(progress.uuid, progress.seq, progress.token, entries);
      // Else it is repeated.
      if (changes > 0 && progress.next.kind !== "end") this.#children.store(progress, progress.children ?? []);
      return this.#write(progress, row);
    } catch (error) {
      this.#database.query("rollback to progress").run();
      throw error;
    } finally {
      this.#database.query("release progress").run();
    }
  }

  /** Why the run is not stored that its failure was to start; null else. */
  #write(progress: Progress, row: QueueRow): ChildRefusal | null {
    const { uuid, token, seq, entries, crashes, heard = 0, obeys, next } = progress;
    const { taken = [], left = [], children = [] } = progress;
    const length = entries === null ? seq : seq + 1;
    const startedAt = row.startedAt ?? progress.startedAt ?? this.#clock.now();
    const came = [length, crashes, startedAt, heard, uuid] as const;
    if (next.kind !== "end") this.#inbox.take(uuid, taken);
    if (left.length > 0) this.#family.leave(uuid, left);
    if (obeys !== undefined) this.#database.query(OBEY).run(uuid, Number(obeys.compensates));
    if (next.kind === "hold") this.#database.query(HOLD).run(...came);
    else if (next.kind === "due") {
      this.#database.query(RELEASE).run(...came, next.dueAt ?? NEVER, this.#clock.now());
    }
    if (next.kind !== "end") return null;
    const { status, error, stepResults, output = null, errorDetails = null } = next;
    const completedAt = Math.max(this.#clock.now(), startedAt);
    const ended = this.#database
      .query<{ workflowUuid: string }, (string | number | null)[]>(END)
      .get(status, startedAt, completedAt, error, stepResults, token, crashes, output, errorDetails, uuid);
    const refused = this.#children.store(progress, children);
    if (row.hasParent) this.#family.tellParent(uuid, next);
    if (row.hasChildren || children.length > 0) this.#family.leave(uuid, null);
    this.#database.query(LEAVE).run(uuid);
    if (row.inbox > 0) this.#inbox.clear(uuid);
    if (ended !== null) this.#counter.add(progress.namespace, ended.workflowUuid, status);
    return refused;
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
  pausedAt: number | null;
  logLength: number;
  /** Things that came into its inbox. */
  inbox: number;
  hasParent: number;
  hasChildren: number;
}
