import { keptFunction } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { isUuid } from "../../../ids.ts";
import type { HookKey, HookPage, HookRecord, Hooks, NewDelivery, NewHook, Outcome } from "../../port.ts";
import { refused } from "../../refusals.ts";
import { FIRST_UUID, LAST_UUID, milliseconds } from "../statement.ts";

const COLUMNS = `uuid, namespace, workflow, verify::text as verify, filter, ${milliseconds("created_at")} as "createdAt",
  ${milliseconds("rotated_at")} as "rotatedAt"`;

const INSERT = `insert into hooks (uuid, namespace, workflow, token_hash, verify, filter, created_at)
  values ($1::text::uuid, $2, $3, $4, $5::text::json, $6, to_timestamp($7::float8 / 1000)) on conflict (uuid) do nothing`;

const ROTATE = `update hooks set token_hash = $3, rotated_at = now() where namespace = $1 and uuid = $2::text::uuid returning uuid`;

const DELETE = "delete from hooks where namespace = $1 and uuid = $2::text::uuid returning uuid";

const FIND = `select ${COLUMNS} from hooks where namespace = $1 and uuid = $2::text::uuid`;

const FIND_BY_TOKEN = `select ${COLUMNS} from hooks where token_hash = $1`;

const LIST = {
  desc: `select ${COLUMNS} from hooks where namespace = $1 and uuid < $3::text::uuid order by uuid desc limit $2::integer`,
  asc: `select ${COLUMNS} from hooks where namespace = $1 and uuid > $3::text::uuid order by uuid limit $2::integer`,
};

/**
 * Notes a delivery of a hook ($1) by its keys ($2, JSON) for a run ($3); gives the run that it has. Keys are written in their order, so that of
 * two copies of one delivery the second waits for the first.
 */
const TAKE_DELIVERY = keptFunction(
  "take_delivery",
  ["uuid", "text", "uuid"],
  `declare
  item record;
  known uuid;
begin
  delete from hook_deliveries d where (d.hook_uuid, d.key) in (
    select o.hook_uuid, o.key from hook_deliveries o where o.expires_at <= now() order by o.expires_at limit 4 for update skip locked);
  for item in select i.key, i.milliseconds * interval '1 millisecond' as lasts
    from json_to_recordset($2::json) as i (key text, milliseconds float8) order by i.key
  loop
    insert into hook_deliveries as d (hook_uuid, key, run_uuid, expires_at) values ($1, item.key, $3, now() + item.lasts)
      on conflict (hook_uuid, key) do update set
        run_uuid = case when d.expires_at > now() then d.run_uuid else excluded.run_uuid end,
        expires_at = case when d.expires_at > now() then d.expires_at else excluded.expires_at end
      returning case when d.run_uuid <> $3 then d.run_uuid end into known;
    if known is not null then
      update hook_deliveries d set run_uuid = known where d.hook_uuid = $1 and d.run_uuid = $3;
      return known::text;
    end if;
  end loop;
  return $3::text;
end`,
  "text",
);

/** What the database keeps for hooks. */
export const HOOK_STATEMENTS = [TAKE_DELIVERY];

type Row = Omit<HookRecord, "verify"> & { verify: string | null };

/** Hooks of a database. */
export class PostgresHooks implements Hooks {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async insert({ uuid, namespace, workflow, tokenHash, verify, filter, createdAt }: NewHook): Promise<Outcome<null>> {
    const values = [uuid, namespace, workflow, tokenHash, verify && JSON.stringify(verify), filter, createdAt];
    await this.#pool.run(INSERT, values);
    return { kind: "ok", value: null };
  }

  rotate(key: HookKey, tokenHash: string): Promise<Outcome<null>> {
    return this.#write(ROTATE, key, [tokenHash], true);
  }

  delete(key: HookKey): Promise<Outcome<null>> {
    return this.#write(DELETE, key, [], false);
  }

  async find({ namespace, uuid }: HookKey): Promise<HookRecord | null> {
    if (!isUuid(uuid)) return null;
    return recordOf((await this.#pool.run<Row>(FIND, [namespace, uuid]))[0]);
  }

  async findByToken(tokenHash: string): Promise<HookRecord | null> {
    return recordOf((await this.#pool.run<Row>(FIND_BY_TOKEN, [tokenHash]))[0]);
  }

  async list({ namespace, limit, order, after }: HookPage): Promise<HookRecord[]> {
    const first = order === "desc" ? LAST_UUID : FIRST_UUID;
    const rows = await this.#pool.run<Row>(LIST[order], [namespace, limit, after ?? first]);
    return rows.flatMap((row) => recordOf(row) ?? []);
  }

  async takeDelivery({ hook, keys, run }: NewDelivery): Promise<string> {
    const [row] = await this.#pool.run<{ result: string }>(TAKE_DELIVERY.call, [hook, JSON.stringify(keys), run]);
    return row?.result ?? run;
  }

  async #write(
    statement: string,
    { namespace, uuid }: HookKey,
    more: string[],
    isRepeatable: boolean,
  ): Promise<Outcome<null>> {
    const rows = isUuid(uuid) ? await this.#pool.run(statement, [namespace, uuid, ...more], isRepeatable) : [];
    return rows.length === 0 ? refused("hook_not_found", uuid) : { kind: "ok", value: null };
  }
}

function recordOf(row: Row | undefined): HookRecord | null {
  return row === undefined ? null : { ...row, verify: row.verify === null ? null : JSON.parse(row.verify) };
}
