import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import type { Json } from "../../schemas/json/json.ts";
import type { InboxRow } from "../../schemas/log/inbox.ts";
import { MAX_KEPT_SIGNALS, MAX_KEPT_SIZE } from "../port/runs/inbox.ts";
import type { InboxLookup, NewSignal, Outcome, StoredSignal } from "../port.ts";
import { refused } from "../refusals.ts";
import { RequestKeys } from "./inserts/request-keys.ts";

/** How many things came for a run of row "t" that is in no queue yet. */
export const CAME = "(select coalesce(max(i.seq), 0) from run_inbox i where i.run_uuid = t.run_uuid)";

const RUN = `select workflow_id as workflowUuid, completed_at is not null as isOver from workflow_runs
  where uuid = ? and namespace = ?`;

const KEPT = `select count(*) as count, coalesce(sum(bytes), 0) as size, coalesce(sum(name = ?), 0) as earlier from run_inbox
  where run_uuid = ? and kind = 'signal' and body is not null`;

// One that sleeps is due now; a new run is left to its message, and one that is paused stands still.
const COUNT = `update run_queue set inbox = inbox + 1,
  due_at = iif(holder is null and started_at is not null and paused_at is null and due_at > ?1, ?1, due_at) where run_uuid = ?2`;

const PUT = `insert into run_inbox (run_uuid, seq, kind, name, body, bytes, id, received_at)
  select run_uuid, inbox, ?, ?, ?, ?, ?, ? from run_queue where run_uuid = ?`;

// One that waits for its turn is in no queue: its rows are counted when that comes (see Turns).
const PUT_IN_LINE = `insert into run_inbox (run_uuid, seq, kind, name, body, bytes, id, received_at)
  select run_uuid, ${CAME} + 1, ?, ?, ?, ?, ?, ? from run_turns t where run_uuid = ? and begun_at is null`;

const FIND = `select seq, kind, name, body, id, received_at as receivedAt from run_inbox
  where run_uuid = ? and seq > ? and body is not null order by seq`;

const FORGET = "delete from run_inbox where run_uuid = ? and seq = ? and not is_keyed";

const EMPTY = "update run_inbox set body = null where run_uuid = ? and seq = ?";

const CLEAR = "delete from run_inbox where run_uuid = ?";

/** The inboxes of runs, on one SQLite connection. Writes expect an open transaction. */
export class Inbox {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #keys: RequestKeys;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
    this.#keys = new RequestKeys(database, clock);
  }

  put({ namespace, uuid, id, requestKey, name, waiting, body }: NewSignal): Outcome<StoredSignal> {
    const run = this.#database
      .query<{ workflowUuid: string; isOver: number }, [string, string]>(RUN)
      .get(uuid, namespace);
    if (run === null) return refused("run_not_found", uuid);
    if (run.isOver) return refused("run_ended", uuid);
    const { workflowUuid } = run;
    const { count, size, earlier } = this.#kept(name, uuid);
    const now = this.#clock.now();
    const open = waiting.filter((until) => until === null || until > now).length;
    const stored = { workflowUuid, sent: { id, isDelivered: open > earlier } };
    if (requestKey !== undefined && this.#keys.find(requestKey) !== null) {
      return { kind: "ok", value: { ...stored, isTaken: true } };
    }
    if (count >= MAX_KEPT_SIGNALS || size + body.length > MAX_KEPT_SIZE) return refused("too_many_signals", uuid);
    if (!this.#put(uuid, { kind: "signal", name, body, id })) return { kind: "lost" };
    if (requestKey !== undefined) this.#keys.keep(requestKey, JSON.stringify(stored.sent));
    return { kind: "ok", value: stored };
  }

  /** Tells a run what came of one that it started; one that is over is told nothing. */
  tell(uuid: string, path: string, child: string, said: Json): void {
    this.#put(uuid, { kind: "child", name: path, body: JSON.stringify(said), id: child });
  }

  /** Whether there is a run that it is for. */
  #put(uuid: string, { kind, name, body, id }: Pick<InboxRow, "kind" | "name" | "body" | "id">): boolean {
    const now = this.#clock.now();
    const isQueued = this.#database.query(COUNT).run(now, uuid).changes > 0;
    const put = this.#database.query(isQueued ? PUT : PUT_IN_LINE);
    return put.run(kind, name, body, body.length, id, now, uuid).changes > 0;
  }

  find({ uuid, after }: InboxLookup): InboxRow[] {
    return this.#database.query<InboxRow, [string, number]>(FIND).all(uuid, after);
  }

  /** Rows of a run were taken. */
  take(uuid: string, taken: readonly number[]): void {
    for (const seq of taken) {
      this.#database.query(FORGET).run(uuid, seq);
      this.#database.query(EMPTY).run(uuid, seq);
    }
  }

  /** The run is over. */
  clear(uuid: string): void {
    this.#database.query(CLEAR).run(uuid);
  }

  #kept(name: string, uuid: string): { count: number; size: number; earlier: number } {
    const kept = this.#database
      .query<{ count: number; size: number; earlier: number }, [string, string]>(KEPT)
      .get(name, uuid);
    return kept ?? { count: 0, size: 0, earlier: 0 };
  }
}
