import { equals, keptStatement } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { KEY_MILLISECONDS, type KeptRequest, MOST_DROPPED, type RequestKey } from "../../port/runs/request-keys.ts";

const OLDEST = `now() - ${KEY_MILLISECONDS} * interval '1 millisecond'`;

/**
 * Stores the keys that a select gives (namespace, route, key, hash, answer; each key once and in their order, or two statements may
 * wait for one another). Of those that no other request has the answers are returned. Whoever comes while another transaction stores the
 * same key waits for its end.
 */
export const keepKeys = (rows: string) => `insert into request_keys (namespace, route, key, request_hash, answer)
    ${rows}
    on conflict (namespace, route, key) do update set request_hash = excluded.request_hash, answer = excluded.answer, created_at = now()
      where request_keys.created_at <= ${OLDEST}
    returning answer`;

/** Whether a key counts: looked at before whatever else may refuse a request, which is told what came of the first one. */
export const isKept = (namespace: string, route: string, key: string) => `exists (select from request_keys k
    where k.namespace = ${namespace} and k.route = ${route} and k.key = ${key} and k.created_at > ${OLDEST})`;

export const FIND_REQUEST_KEYS = keptStatement(
  "find_request_keys",
  ["text"],
  { position: "integer", hash: "text", answer: "text" },
  `select item.position, k.request_hash, k.answer
  from json_to_recordset($1::text::json) as item (position integer, namespace text, route text, key text)
  cross join lateral (
    select * from request_keys k where k.namespace = item.namespace and k.route = item.route and ${equals("k.key", "item.key")}
      and k.created_at > ${OLDEST} offset 0
  ) as k`,
);

const DROP = `delete from request_keys where ctid in (
    select ctid from request_keys where created_at <= ${OLDEST} limit ${MOST_DROPPED} for update skip locked
  ) returning true as dropped`;

/** See Storage. */
export async function findRequestKeys(pool: Pool, keys: RequestKey[]): Promise<(KeptRequest | null)[]> {
  const text = JSON.stringify(keys.map(({ namespace, route, key }, position) => ({ position, namespace, route, key })));
  const rows = await pool.run<KeptRequest & { position: number }>(FIND_REQUEST_KEYS.call, [text]);
  const found = new Map(rows.map(({ position, ...kept }) => [position, kept]));
  return keys.map((_, position) => found.get(position) ?? null);
}

/** Drops some keys that count no longer. True if there may be more. */
export async function dropRequestKeys(pool: Pool): Promise<boolean> {
  return (await pool.run(DROP, [])).length === MOST_DROPPED;
}
