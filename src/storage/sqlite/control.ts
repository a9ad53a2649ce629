import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import type { ControlKind, ControlRequest, ControlResult, HolderNews } from "../../schemas/control.ts";
import type { Held, Outcome } from "../port.ts";
import type { Family } from "./family/family.ts";
import type { RunCounter } from "./finding/counts.ts";
import type { Inbox } from "./inbox.ts";
import { LEAVE } from "./progress.ts";

const STATE = `select completed_at is not null as isOver,
  exists (select 1 from run_queue where run_uuid = uuid and holder is not null) as isHeld
  from workflow_runs where uuid = ? and namespace = ?`;

const REQUEST = "update run_queue set control = ? where run_uuid = ?";

const CANCEL = `update workflow_runs set status = 'cancelled', completed_at = ?,
  (started_at, token, crashes) = (select started_at, token, crashes from run_queue where run_uuid = uuid) where uuid = ?
  returning workflow_id as workflowUuid`;

/** Of a run that waits for its turn, which is in no queue. */
const LEAVE_LINE = "delete from run_turns where run_uuid = ? and begun_at is null";

const CONTROL_OF =
  "select namespace, run_uuid as uuid, token, control as kind from run_queue where holder = ? and control is not null";

const INBOX_OF = `select namespace, run_uuid as uuid, token, 'inbox' as kind, inbox as last from run_queue
  where holder = ? and inbox > inbox_heard and control is null`;

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

  request({ namespace, uuid, kind }: ControlRequest): Outcome<ControlResult> {
    const state = this.#database
      .query<{ isOver: number; isHeld: number }, [string, string]>(STATE)
      .get(uuid, namespace);
    if (state === null) return { kind: "error", code: "run_not_found", subject: uuid };
    if (state.isOver) return { kind: "ok", value: "over" };
    if (state.isHeld) {
      this.#database.query(REQUEST).run(kind, uuid);
      return { kind: "ok", value: "requested" };
    }
    const row = this.#database.query<{ workflowUuid: string }, [number, string]>(CANCEL).get(this.#clock.now(), uuid);
    if (row !== null) this.#writing?.counter.add(namespace, row.workflowUuid, "cancelled");
    this.#writing?.family.end(uuid, { status: "cancelled", error: null });
    this.#database.query(LEAVE).run(uuid);
    this.#inbox.clear(uuid);
    this.#database.query(LEAVE_LINE).run(uuid);
    return { kind: "ok", value: "cancelled" };
  }

  of(worker: string): (Held & HolderNews)[] {
    return [
      ...this.#database.query<Held & { kind: ControlKind }, [string]>(CONTROL_OF).all(worker),
      ...this.#database.query<Held & { kind: "inbox"; last: number }, [string]>(INBOX_OF).all(worker),
    ];
  }
}
