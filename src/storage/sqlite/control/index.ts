import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import type {
  Cancel,
  ControlRequest,
  ControlResult,
  ControlStanding,
  HolderNews,
} from "../../../schemas/control/control.ts";
import type { RunKey } from "../../../schemas/runs/run.ts";
import type { Held, Outcome } from "../../port.ts";
import type { Family } from "../family/family.ts";
import type { RunCounter } from "../finding/counts.ts";
import type { Inbox } from "../inbox.ts";
import { NEVER } from "../never.ts";
import { LEAVE } from "../progress.ts";
import { logPause } from "./pause-log.ts";

const RUN = "select completed_at is not null as isOver from workflow_runs where uuid = ? and namespace = ?";

const STANDING = `select iif(completed_at is not null, 'over', iif(control is not null, 'cancelling', 'open')) as standing
  from workflow_runs r left join run_queue q on q.run_uuid = r.uuid where r.uuid = ? and r.namespace = ?`;

const QUEUED = `select holder is not null as isHeld, control is not null as isCancelled, compensates, paused_at as pausedAt,
  started_at as startedAt, log_length as logLength, has_children as hasChildren from run_queue where run_uuid = ?`;

/** Whether the definition of a run may say how steps are undone. */
const MAY_UNDO = `select 1 from workflow_runs r join workflow_versions v on v.workflow_uuid = r.workflow_id and v.version = r.workflow_version
  where r.uuid = ? and instr(v.steps, '"compensate"') > 0`;

const REQUEST = `update run_queue set control = 'cancel', compensates = ?, is_obeyed = 0, paused_at = null,
  due_at = iif(holder is null, min(due_at, ?), due_at) where run_uuid = ?`;

const REASON = "update workflow_runs set cancel_reason = coalesce(cancel_reason, ?) where uuid = ?";

const CANCEL = `update workflow_runs set status = 'cancelled', completed_at = ?,
  (started_at, token, crashes) = (select started_at, token, crashes from run_queue where run_uuid = uuid) where uuid = ?
  returning workflow_id as workflowUuid`;

/** Of a run that waits for its turn, which is in no queue. */
const LEAVE_LINE = "delete from run_turns where run_uuid = ? and begun_at is null";

const PAUSE = `update run_queue set paused_at = coalesce(paused_at, ?1), due_at = iif(holder is null, ${NEVER}, due_at)
  where run_uuid = ?2`;

const PAUSE_IN_LINE = "update run_turns set paused_at = ? where run_uuid = ? and begun_at is null";

const RESUME = `update run_queue set paused_at = null, due_at = iif(holder is not null, due_at, iif(started_at is not null, ?1,
  max(?1, coalesce((select start_at from workflow_runs where uuid = run_uuid), 0)))) where run_uuid = ?2`;

const CONTROL_OF = `select namespace, run_uuid as uuid, token, iif(control is null, 'pause', control) as kind, compensates from run_queue
  where holder = ? and (control is not null or paused_at is not null) and not is_obeyed`;

const INBOX_OF = `select namespace, run_uuid as uuid, token, 'inbox' as kind, inbox as last from run_queue
  where holder = ? and inbox > inbox_heard and (control is null or is_obeyed)`;

interface Queued {
  isHeld: number;
  isCancelled: number;
  compensates: number;
  pausedAt: number | null;
  startedAt: number | null;
  logLength: number;
  hasChildren: number;
}

/** Requests to runs, on one SQLite connection. Writes expect an open transaction. */
export class Control {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #inbox: Inbox;
  readonly #writing: { family: Family; counter: RunCounter } | null;

  /** @param writing what is needed for requests; null on a connection that only reads */
  constructor(database: Database, clock: Clock, inbox: Inbox, writing: { family: Family; counter: RunCounter } | null) {
    this.#database = database;
    this.#clock = clock;
    this.#inbox = inbox;
    this.#writing = writing;
  }

  request(asked: ControlRequest): Outcome<ControlResult> {
    const { namespace, uuid, kind } = asked;
    const run = this.#database.query<{ isOver: number }, [string, string]>(RUN).get(uuid, namespace);
    if (run === null) return { kind: "error", code: "run_not_found", subject: uuid };
    if (run.isOver) return { kind: "ok", value: "over" };
    // Null for one that waits for its turn.
    const queued = this.#database.query<Queued, [string]>(QUEUED).get(uuid);
    if (kind === "cancel") return { kind: "ok", value: this.#cancel(asked, queued) };
    return { kind: "ok", value: kind === "pause" ? this.#pause(uuid, queued) : this.#resume(uuid, queued) };
  }

  #cancel({ namespace, uuid, reason, compensates = true }: ControlRequest, queued: Queued | null): ControlResult {
    const now = this.#clock.now();
    // A second request changes the first only where it forbids what that one asked for.
    if (queued?.isCancelled && (compensates || !queued.compensates)) return "requested";
    if (reason !== undefined) this.#database.query(REASON).run(reason, uuid);
    if (queued !== null) this.#endPause(uuid, queued, now);
    if (queued !== null && (queued.isHeld || queued.isCancelled || this.#hasMore(uuid, queued, compensates))) {
      this.#database.query(REQUEST).run(Number(compensates), now, uuid);
      return "requested";
    }
    const row = this.#database.query<{ workflowUuid: string }, [number, string]>(CANCEL).get(now, uuid);
    if (row !== null) this.#writing?.counter.add(namespace, row.workflowUuid, "cancelled");
    this.#writing?.family.tellParent(uuid, { status: "cancelled", error: null });
    if (queued?.hasChildren) this.#writing?.family.leave(uuid, null);
    this.#database.query(LEAVE).run(uuid);
    this.#inbox.clear(uuid);
    this.#database.query(LEAVE_LINE).run(uuid);
    return "cancelled";
  }

  /**
   * Whether there may be something to be undone, or runs that are to end first: then the run is ended by whoever claims it, as its
   * definition says.
   */
  #hasMore(uuid: string, { logLength, hasChildren }: Queued, compensates: boolean): boolean {
    if (logLength === 0) return false;
    return hasChildren === 1 || (compensates && this.#database.query(MAY_UNDO).get(uuid) !== null);
  }

  #pause(uuid: string, queued: Queued | null): ControlResult {
    const now = this.#clock.now();
    if (queued?.isCancelled) return "refused";
    if (queued === null) this.#database.query(PAUSE_IN_LINE).run(now, uuid);
    else this.#database.query(PAUSE).run(now, uuid);
    return queued?.isHeld ? "requested" : "paused";
  }

  #resume(uuid: string, queued: Queued | null): ControlResult {
    const now = this.#clock.now();
    if (queued === null) this.#database.query(PAUSE_IN_LINE).run(null, uuid);
    else if (queued.pausedAt !== null) {
      this.#endPause(uuid, queued, now);
      this.#database.query(RESUME).run(now, uuid);
    }
    return "resumed";
  }

  /** The log tells of a pause that had begun: who follows the run has been told so. */
  #endPause(uuid: string, { isHeld, pausedAt, startedAt }: Queued, now: number): void {
    if (pausedAt !== null && !isHeld && startedAt !== null) logPause(this.#database, uuid, pausedAt, now);
  }

  standingOf({ namespace, uuid }: RunKey): ControlStanding | null {
    const row = this.#database.query<{ standing: ControlStanding }, [string, string]>(STANDING).get(uuid, namespace);
    return row?.standing ?? null;
  }

  of(worker: string): (Held & HolderNews)[] {
    const asked = this.#database
      .query<Held & { kind: "cancel" | "pause"; compensates: number }, [string]>(CONTROL_OF)
      .all(worker);
    return [
      ...asked.map(({ compensates, ...news }) => newsOf(news, { compensates: compensates === 1 })),
      ...this.#database.query<Held & { kind: "inbox"; last: number }, [string]>(INBOX_OF).all(worker),
    ];
  }
}

function newsOf({ kind, ...held }: Held & { kind: "cancel" | "pause" }, cancel: Cancel): Held & HolderNews {
  return kind === "pause" ? { ...held, kind } : { ...held, kind, ...cancel };
}
