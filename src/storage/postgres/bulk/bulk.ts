import type { Pool } from "../../../db/postgres/pool.ts";
import { isUuid } from "../../../ids.ts";
import { MOST_BULK_REMOVED } from "../../port/bulk.ts";
import type {
  BulkActions,
  BulkKey,
  BulkMove,
  BulkMoved,
  BulkPage,
  BulkRecord,
  InsertedRun,
  NewBulk,
  Outcome,
} from "../../port.ts";
import { refused } from "../../refusals.ts";
import type { Ids } from "../ids.ts";
import { keepKeys } from "../inserts/request-keys.ts";
import { milliseconds } from "../statement.ts";
import { MOVE_BULK, moveBulk } from "./move.ts";

const COLUMNS = `uuid, namespace, action, settings::text as settings, status, after_uuid as after, total, done, failed, errors::text as errors,
  ${milliseconds("created_at")} as "createdAt", ${milliseconds("ended_at")} as "endedAt", revision`;

// One that is repeated since its answer was lost finds its own row.
const INSERT = `with kept as (
    ${keepKeys("select $2::text, $5::text, $6::text, $7::text, $1::text where $6::text is not null")}
  )
  insert into bulk_actions (uuid, namespace, action, settings)
  select $1::text::uuid, $2, $3, $4::text::json where $6::text is null or exists (select from kept)
  on conflict (uuid) do update set uuid = excluded.uuid returning uuid`;

const FIND = `select ${COLUMNS} from bulk_actions where namespace = $1 and uuid = $2::text::uuid`;

const LIST = `select ${COLUMNS} from bulk_actions where namespace = $1 and ($2::text is null or uuid < $2::text::uuid)
  order by uuid desc limit $3::text::integer`;

const STOP = `update bulk_actions set status = 'stopped', due_at = null, ended_at = now(), revision = revision + 1
  where namespace = $1 and uuid = $2::text::uuid and due_at is not null`;

const NEXT_DUE = `select ${milliseconds("due_at")} as "dueAt" from bulk_actions where due_at is not null order by due_at limit 1`;

const CLAIM = `update bulk_actions set due_at = now() + $1::float8 * interval '1 millisecond' where uuid = (
    select uuid from bulk_actions where due_at <= now() order by due_at limit 1 for update skip locked
  ) returning ${COLUMNS}`;

const REMOVE = `delete from bulk_actions where uuid in (
    select uuid from bulk_actions where ended_at < to_timestamp($1::float8 / 1000) order by ended_at limit ${MOST_BULK_REMOVED} for update skip locked)`;

/** What the database keeps for actions upon many runs. */
export const BULK_STATEMENTS = [MOVE_BULK];

type Row = Omit<BulkRecord, "settings" | "errors"> & { settings: string; errors: string };

/** Actions upon many runs, of a database. */
export class PostgresBulk implements BulkActions {
  readonly #pool: Pool;
  readonly #ids: Ids;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, ids: Ids, owesEvents: boolean) {
    this.#pool = pool;
    this.#ids = ids;
    this.#event = owesEvents ? "owed" : "none";
  }

  async insert({ uuid, namespace, action, settings, requestKey }: NewBulk): Promise<boolean> {
    const { route = null, key = null, hash = null } = requestKey ?? {};
    const rows = await this.#pool.run(INSERT, [uuid, namespace, action, JSON.stringify(settings), route, key, hash]);
    return rows.length > 0;
  }

  async find({ namespace, uuid }: BulkKey): Promise<BulkRecord | null> {
    return isUuid(uuid) ? recordOf((await this.#pool.run<Row>(FIND, [namespace, uuid]))[0]) : null;
  }

  async list({ namespace, after, limit }: BulkPage): Promise<BulkRecord[]> {
    const rows = await this.#pool.run<Row>(LIST, [namespace, after, String(limit)]);
    return rows.flatMap((row) => recordOf(row) ?? []);
  }

  async stop(key: BulkKey): Promise<Outcome<BulkRecord>> {
    if (isUuid(key.uuid)) await this.#pool.run(STOP, [key.namespace, key.uuid]);
    const value = await this.find(key);
    return value === null ? refused("bulk_not_found", key.uuid) : { kind: "ok", value };
  }

  async nextDue(): Promise<number | null> {
    return (await this.#pool.run<{ dueAt: number }>(NEXT_DUE, []))[0]?.dueAt ?? null;
  }

  async claimDue(holdMilliseconds: number): Promise<BulkRecord | null> {
    return recordOf((await this.#pool.run<Row>(CLAIM, [holdMilliseconds]))[0]);
  }

  async move(move: BulkMove): Promise<Outcome<BulkMoved>> {
    let moved: Outcome<BulkMoved> | null = null;
    if (move.retries.length === 0) moved = await moveBulk(this.#pool, { ...move, retries: [] }, [this.#event, null]);
    else {
      await this.#ids.store<BulkMove["retries"][number], InsertedRun>(move.retries, async (retries, oldest) => {
        moved = await moveBulk(this.#pool, { ...move, retries }, [this.#event, oldest]);
        const { kind } = moved ?? {};
        // All of them are stored or none is: those that came too late come again.
        if (moved?.kind === "ok") return moved.value.retried;
        return retries.map(() => (kind === undefined ? null : { kind: "lost" }));
      });
    }
    return moved ?? { kind: "lost" };
  }
}

/** Removes some actions that ended before. */
export async function removeBulk(pool: Pool, before: number): Promise<void> {
  await pool.run(REMOVE, [before]);
}

function recordOf(row: Row | undefined): BulkRecord | null {
  return row === undefined ? null : { ...row, settings: JSON.parse(row.settings), errors: JSON.parse(row.errors) };
}
