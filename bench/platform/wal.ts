import postgres from "postgres";

/** What was written to PostgreSQL's write-ahead log. */
export interface Wal {
  bytes: number;
  records: number;
  /** Whole pages among them, which are logged again after each checkpoint. */
  pages: number;
}

/** PostgreSQL's processes report what they did at the latest once they have been idle for 10 s. */
const REPORTED_MS = 11_000;

/** What the server at this address has logged while the work was done. Takes 22 s more than the work. */
export async function walOf(url: string, work: () => Promise<void>): Promise<Wal> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const read = async () => {
    await Bun.sleep(REPORTED_MS);
    const [wal] = await sql<Wal[]>`
      select wal_bytes::float as bytes, wal_records::float as records, wal_fpi::float as pages from pg_stat_wal`;
    if (wal === undefined) throw new Error("PostgreSQL has no statistics of its log");
    return wal;
  };
  try {
    const before = await read();
    await work();
    const after = await read();
    return {
      bytes: after.bytes - before.bytes,
      records: after.records - before.records,
      pages: after.pages - before.pages,
    };
  } finally {
    await sql.end();
  }
}
