import { keptStatement } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { isUuid } from "../../../ids.ts";
import type { AwaitedRun } from "../../port.ts";

export const FIND_AWAITED = keptStatement(
  "find_awaited",
  ["uuid[]"],
  { parent: "uuid", path: "text", uuid: "uuid" },
  `select parent_uuid, parent_path, run_uuid from run_queue where parent_uuid = any($1) and not ended
  union all select parent_uuid, parent_path, run_uuid from run_turns where parent_uuid = any($1) and begun_at is null`,
);

/** See Storage. */
export async function findAwaited(pool: Pool, uuids: string[]): Promise<AwaitedRun[][]> {
  const asked = uuids.filter(isUuid);
  if (asked.length === 0) return uuids.map(() => []);
  const rows = await pool.run<AwaitedRun & { parent: string }>(FIND_AWAITED.call, [`{${asked.join(",")}}`]);
  const found = Map.groupBy(rows, ({ parent }) => parent);
  return uuids.map((uuid) => (found.get(uuid) ?? []).map(({ path, uuid: child }) => ({ path, uuid: child })));
}
