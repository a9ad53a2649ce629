import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { KEY_MILLISECONDS, type KeptRequest, MOST_DROPPED, type RequestKey } from "../../port/runs/request-keys.ts";

const FIND = `select request_hash as hash, answer from request_keys
  where namespace = ? and route = ? and key = ? and created_at > ?`;

const KEEP = `insert into request_keys (namespace, route, key, request_hash, answer, created_at) values (?, ?, ?, ?, ?, ?)
  on conflict do update set request_hash = excluded.request_hash, answer = excluded.answer, created_at = excluded.created_at`;

const ANY_OLD = "select 1 from request_keys where created_at <= ? limit 1";

const DROP = `delete from request_keys where (namespace, route, key) in (
  select namespace, route, key from request_keys where created_at <= ? limit ${MOST_DROPPED})`;

/** Keys of requests, on one SQLite connection. Writes expect an open transaction. */
export class RequestKeys {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** What came of a request; null where none had this key, or long ago. */
  find({ namespace, route, key }: RequestKey): KeptRequest | null {
    return this.#database
      .query<KeptRequest, [string, string, string, number]>(FIND)
      .get(namespace, route, key, this.#oldest());
  }

  /** To be called in the transaction that does what the request asks for, where nobody has its key. */
  keep({ namespace, route, key, hash }: RequestKey, answer: string): void {
    this.#database.query(KEEP).run(namespace, route, key, hash, answer, this.#clock.now());
  }

  /** Whether there are keys that count no longer, for a reader. */
  isAnyOld(): boolean {
    return this.#database.query(ANY_OLD).get(this.#oldest()) !== null;
  }

  /** Drops some of these. True if there may be more. */
  drop(): boolean {
    return this.#database.query(DROP).run(this.#oldest()).changes === MOST_DROPPED;
  }

  #oldest(): number {
    return this.#clock.now() - KEY_MILLISECONDS;
  }
}
