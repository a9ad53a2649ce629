import postgres from "postgres";

/** A session of PostgreSQL that holds a snapshot, past PgBouncer: no row that is deleted since then can be removed. */
export interface OldSnapshot {
  /** Rows that were deleted or replaced and are still there, by table, as PostgreSQL estimates them. */
  deadRows(): Promise<Record<string, number>>;
  end(): Promise<void>;
}

const TABLES = ["run_queue", "workflow_runs", "owed_events"];

/** Takes a snapshot at this address, and holds it until it is ended. */
export async function holdSnapshot(url: string): Promise<OldSnapshot> {
  const [holder, sql] = [1, 2].map(() => postgres(url, { max: 1, onnotice: () => {} }));
  if (holder === undefined || sql === undefined) throw new Error("two sessions are needed");
  await holder.unsafe("begin isolation level repeatable read; select 1 from run_queue limit 1").simple();
  return {
    deadRows: async () => {
      const rows = await sql<{ name: string; dead: number }[]>`
        select substring(relname from ${`^(${TABLES.join("|")})`}) as name, sum(n_dead_tup)::float8 as dead
        from pg_stat_user_tables where relname ~ ${`^(${TABLES.join("|")})`} group by 1`;
      const dead = new Map(rows.map((row) => [row.name, row.dead]));
      return Object.fromEntries(TABLES.map((name) => [name, dead.get(name) ?? 0]));
    },
    end: async () => {
      await holder.unsafe("rollback").simple();
      await Promise.all([holder.end(), sql.end()]);
    },
  };
}
