import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import type { HookKey, HookPage, HookRecord, NewDelivery, NewHook, Outcome } from "../../port.ts";
import { refused } from "../../refusals.ts";

const COLUMNS = "uuid, namespace, workflow, verify, filter, created_at as createdAt, rotated_at as rotatedAt";

const INSERT = `insert into hooks (uuid, namespace, workflow, token_hash, verify, filter, created_at)
  values ($uuid, $namespace, $workflow, $tokenHash, $verify, $filter, $createdAt)`;

const ROTATE = "update hooks set token_hash = ?, rotated_at = ? where namespace = ? and uuid = ?";

const DELETE = "delete from hooks where namespace = ? and uuid = ?";

const FIND = `select ${COLUMNS} from hooks where uuid = ? and namespace = ?`;

const FIND_BY_TOKEN = `select ${COLUMNS} from hooks where token_hash = ?`;

const LIST = {
  desc: `select ${COLUMNS} from hooks where namespace = +$namespace and uuid < +$after order by uuid desc limit +$limit`,
  asc: `select ${COLUMNS} from hooks where namespace = +$namespace and uuid > +$after order by uuid limit +$limit`,
};

const KNOWN = "select run_uuid as run from hook_deliveries where hook_uuid = ? and key = ? and expires_at > ?";

const NOTE = `insert into hook_deliveries (hook_uuid, key, run_uuid, expires_at) values (?, ?, ?, ?)
  on conflict (hook_uuid, key) do update set run_uuid = excluded.run_uuid, expires_at = excluded.expires_at`;

/** More than a delivery adds. */
const FORGET = `delete from hook_deliveries where (hook_uuid, key) in (
  select hook_uuid, key from hook_deliveries where expires_at <= ? order by expires_at limit 4)`;

type Row = Omit<HookRecord, "verify"> & { verify: string | null };

/** Hooks on one SQLite connection. Writes expect an open transaction. */
export class Hooks {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  insert({ verify, ...hook }: NewHook): Outcome<null> {
    this.#database.query(INSERT).run({ ...hook, verify: verify && JSON.stringify(verify) });
    return { kind: "ok", value: null };
  }

  rotate({ namespace, uuid }: HookKey, tokenHash: string): Outcome<null> {
    const { changes } = this.#database.query(ROTATE).run(tokenHash, this.#clock.now(), namespace, uuid);
    return changes === 0 ? refused("hook_not_found", uuid) : { kind: "ok", value: null };
  }

  delete({ namespace, uuid }: HookKey): Outcome<null> {
    const { changes } = this.#database.query(DELETE).run(namespace, uuid);
    return changes === 0 ? refused("hook_not_found", uuid) : { kind: "ok", value: null };
  }

  find({ namespace, uuid }: HookKey): HookRecord | null {
    return recordOf(this.#database.query<Row, [string, string]>(FIND).get(uuid, namespace));
  }

  findByToken(tokenHash: string): HookRecord | null {
    return recordOf(this.#database.query<Row, [string]>(FIND_BY_TOKEN).get(tokenHash));
  }

  list({ namespace, limit, order, after }: HookPage): HookRecord[] {
    const bindings = { namespace, limit, after: after ?? (order === "desc" ? "g" : "") };
    const rows = this.#database.query<Row, typeof bindings>(LIST[order]).all(bindings);
    return rows.flatMap((row) => recordOf(row) ?? []);
  }

  takeDelivery({ hook, keys, run }: NewDelivery): string {
    const now = this.#clock.now();
    this.#database.query(FORGET).run(now);
    for (const { key } of keys) {
      const known = this.#database.query<{ run: string }, [string, string, number]>(KNOWN).get(hook, key, now);
      if (known !== null) return known.run;
    }
    for (const { key, milliseconds } of keys) this.#database.query(NOTE).run(hook, key, run, now + milliseconds);
    return run;
  }
}

function recordOf(row: Row | null): HookRecord | null {
  return row === null ? null : { ...row, verify: row.verify === null ? null : JSON.parse(row.verify) };
}
