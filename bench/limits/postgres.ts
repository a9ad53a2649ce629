import postgres from "postgres";

/** What PostgreSQL does alone, every commit fsynced where its settings say so. */
export interface PostgresLimit {
  rows_per_second: number;
  /** Rows of one insert. */
  batch: number;
  connections: number;
  /** Its settings, as it says itself. */
  fsync: string;
  synchronous_commit: string;
}

const BATCH = 100;
const CONNECTIONS = 4;

/** Inserts rows of a run's size for `milliseconds`, each statement a batch and a commit, on a few connections. */
export async function postgresLimit(url: string, milliseconds: number): Promise<PostgresLimit> {
  const sql = postgres(url, { max: CONNECTIONS, onnotice: () => {} });
  try {
    const [settings] = await sql<{ fsync: string; synchronous_commit: string }[]>`
      select current_setting('fsync') as fsync, current_setting('synchronous_commit') as synchronous_commit`;
    await sql`create table bench_limit (uuid uuid primary key, workflow uuid, status text, payload jsonb, results jsonb)`;
    let rows = 0;
    const start = performance.now();
    const insert = async () => {
      while (performance.now() - start < milliseconds) {
        await sql`insert into bench_limit select uuid, workflow, 'success', payload, results
          from json_to_recordset(${batchText()}::text::json) as row (uuid uuid, workflow uuid, payload jsonb, results jsonb)`;
        rows += BATCH;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, insert));
    const seconds = (performance.now() - start) / 1000;
    const { fsync = "unknown", synchronous_commit = "unknown" } = settings ?? {};
    return { rows_per_second: rows / seconds, batch: BATCH, connections: CONNECTIONS, fsync, synchronous_commit };
  } finally {
    await sql`drop table if exists bench_limit`;
    await sql.end();
  }
}

function batchText(): string {
  const results = [0, 1, 2].map((n) => ({ step_name: `step_${n}`, output: { n } }));
  const workflow = "019ad5f0-0000-7000-8000-000000000000";
  const row = () => ({ uuid: Bun.randomUUIDv7(), workflow, payload: { n: 1 }, results });
  return JSON.stringify(Array.from({ length: BATCH }, row));
}
