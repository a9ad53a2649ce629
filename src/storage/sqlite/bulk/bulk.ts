import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import type { ControlRequest, ControlResult } from "../../../schemas/control/control.ts";
import { MOST_BULK_REMOVED, refusalOf, withRefusals } from "../../port/bulk.ts";
import type {
  BulkKey,
  BulkMove,
  BulkMoved,
  BulkPage,
  BulkRecord,
  BulkRefusal,
  InsertedRun,
  NewBulk,
  NewRetry,
  Outcome,
} from "../../port.ts";
import { refused } from "../../refusals.ts";
import type { RequestKeys } from "../inserts/request-keys.ts";

const COLUMNS =
  "uuid, namespace, action, settings, status, after_uuid as after, total, done, failed, errors, created_at as createdAt, ended_at as endedAt, revision";

const INSERT = `insert into bulk_actions (uuid, namespace, action, settings, due_at, created_at)
  values ($uuid, $namespace, $action, $settings, $now, $now)`;

const FIND = `select ${COLUMNS} from bulk_actions where uuid = ? and namespace = ?`;

// An id that no action has stands before all of them.
const LIST = `select ${COLUMNS} from bulk_actions where namespace = ? and uuid < coalesce(?, 'g') order by uuid desc limit ?`;

const STOP = `update bulk_actions set status = 'stopped', due_at = null, ended_at = ?, revision = revision + 1
  where uuid = ? and namespace = ? and due_at is not null`;

const NEXT_DUE = "select min(due_at) as dueAt from bulk_actions where due_at is not null";

const DUE = `select ${COLUMNS} from bulk_actions where due_at <= ? order by due_at limit 1`;

const HOLD = "update bulk_actions set due_at = ? where uuid = ?";

const ERRORS_AT = "select errors from bulk_actions where uuid = ? and revision = ?";

// What came to fit since it was counted is acted upon as well.
const MOVE = `update bulk_actions set status = $status, after_uuid = $after, total = max(total + $counted, done + failed + $done + $failed),
  done = done + $done, failed = failed + $failed, errors = $errors, due_at = $dueAt, ended_at = $endedAt, revision = revision + 1 where uuid = $uuid`;

const ANY_OLD = "select 1 from bulk_actions where ended_at < ? limit 1";

const REMOVE = `delete from bulk_actions where uuid in (
  select uuid from bulk_actions where ended_at < ? order by ended_at limit ${MOST_BULK_REMOVED})`;

type Row = Omit<BulkRecord, "settings" | "errors"> & { settings: string; errors: string };

/** A move whose retries have their uuids. */
export interface NamedBulkMove extends Omit<BulkMove, "retries"> {
  retries: NewRetry[];
}

/** What is done to runs, in the transaction of the move. */
interface Acting {
  keys: RequestKeys;
  retry(items: NewRetry[]): Outcome<InsertedRun>[];
  request(items: ControlRequest[]): Outcome<ControlResult>[];
}

/** Actions upon many runs, on one SQLite connection. Writes expect an open transaction. */
export class BulkActions {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #acting: Acting | null;

  /** @param acting null on a connection that only reads */
  constructor(database: Database, clock: Clock, acting: Acting | null) {
    this.#database = database;
    this.#clock = clock;
    this.#acting = acting;
  }

  insert({ settings, requestKey, ...bulk }: NewBulk): boolean {
    if (requestKey !== undefined && this.#acting !== null) {
      if (this.#acting.keys.find(requestKey) !== null) return false;
      this.#acting.keys.keep(requestKey, bulk.uuid);
    }
    this.#database.query(INSERT).run({ ...bulk, settings: JSON.stringify(settings), now: this.#clock.now() });
    return true;
  }

  find({ namespace, uuid }: BulkKey): BulkRecord | null {
    return recordOf(this.#database.query<Row, [string, string]>(FIND).get(uuid, namespace));
  }

  list({ namespace, after, limit }: BulkPage): BulkRecord[] {
    const rows = this.#database.query<Row, [string, string | null, number]>(LIST).all(namespace, after, limit);
    return rows.flatMap((row) => recordOf(row) ?? []);
  }

  stop({ namespace, uuid }: BulkKey): Outcome<BulkRecord> {
    this.#database.query(STOP).run(this.#clock.now(), uuid, namespace);
    const value = this.find({ namespace, uuid });
    return value === null ? refused("bulk_not_found", uuid) : { kind: "ok", value };
  }

  nextDue(): number | null {
    return this.#database.query<{ dueAt: number | null }, []>(NEXT_DUE).get()?.dueAt ?? null;
  }

  claimDue(holdMilliseconds: number): BulkRecord | null {
    const now = this.#clock.now();
    const row = this.#database.query<Row, [number]>(DUE).get(now);
    if (row !== null) this.#database.query(HOLD).run(now + holdMilliseconds, row.uuid);
    return recordOf(row);
  }

  move(move: NamedBulkMove): Outcome<BulkMoved> {
    const { bulk, revision, to, restMilliseconds, counted, retries, requests } = move;
    const row = this.#database.query<{ errors: string }, [string, number]>(ERRORS_AT).get(bulk, revision);
    if (this.#acting === null || row === null) return { kind: "lost" };
    const retried = this.#acting.retry(retries);
    const asked = this.#acting.request(requests).map((outcome) => (outcome.kind === "ok" ? outcome.value : null));
    const refusals = [
      ...move.refused,
      ...retried.flatMap((outcome, index) => refusalsOf(outcome, retries[index]?.retryOf ?? "")),
      ...asked.flatMap((result, index) => {
        const code = refusalOf(result);
        return code === null ? [] : [{ code, run: requests[index]?.uuid ?? "", subject: "" }];
      }),
    ];
    const now = this.#clock.now();
    this.#database.query(MOVE).run({
      ...to,
      uuid: bulk,
      counted,
      done: move.refused.length + retried.length + asked.length - refusals.length,
      failed: refusals.length,
      errors: JSON.stringify(withRefusals(JSON.parse(row.errors), refusals)),
      dueAt: restMilliseconds === null ? null : now + Math.ceil(restMilliseconds),
      endedAt: restMilliseconds === null ? now : null,
    });
    return { kind: "ok", value: { retried, asked } };
  }

  /** Whether there are any that ended before, for a reader. */
  isAnyOld(before: number): boolean {
    return this.#database.query(ANY_OLD).get(before) !== null;
  }

  /** Removes some of these. True if there may be more. */
  remove(before: number): boolean {
    return this.#database.query(REMOVE).run(before).changes === MOST_BULK_REMOVED;
  }
}

function recordOf(row: Row | null): BulkRecord | null {
  return row === null ? null : { ...row, settings: JSON.parse(row.settings), errors: JSON.parse(row.errors) };
}

function refusalsOf(outcome: Outcome<InsertedRun>, run: string): BulkRefusal[] {
  return outcome.kind === "error" ? [{ code: outcome.code, run, subject: outcome.subject }] : [];
}
