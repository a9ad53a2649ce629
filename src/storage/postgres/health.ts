import { unavailable } from "../../db/postgres/availability.ts";
import type { Pool } from "../../db/postgres/pool.ts";

const RECORD = `with dropped as (delete from health_status where timestamp < now() - interval '1 day')
  insert into health_status (status) values ($1)`;

/** See Storage. A full disk may have room for this small row, and for no other. */
export async function recordHealth(pool: Pool, status: string): Promise<void> {
  await pool.run(RECORD, [status]);
  if (pool.isFull) throw unavailable("no room on the server's disk");
}
