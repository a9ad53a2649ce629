import { Database } from "bun:sqlite";
import { join } from "node:path";
import postgres from "postgres";

/** How far back the old ones were triggered and ended. */
const AGE_MS = 90 * 24 * 60 * 60 * 1000;
/** Rows of one transaction in SQLite. */
const PORTION = 10_000;

/** Runs that are put into the database past the platform. */
export interface StoredRuns {
  /** Of this workflow. */
  workflow: string;
  /** Old ones, and as many young ones. */
  each: number;
}

/** An old run of another program: it has yet to be executed. */
export interface OldRun {
  uuid: string;
  workflow: string;
}

/** The smallest UUIDv7 of a time, up to its counter. */
function beginOf(time: number): string {
  const hex = time.toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-`;
}

/** The uuid of a run that was triggered so long ago. */
export function oldUuid(): string {
  return `${beginOf(Date.now() - AGE_MS - 1000)}${crypto.randomUUID().slice(24)}`;
}

const RESULTS = JSON.stringify(
  Object.fromEntries(
    [1, 2, 3].map((at) => [
      `step_${at}`,
      {
        step_name: `step_${at}`,
        status: "success",
        output: { greeting: `Hello Ada, for the ${at}. time` },
        error: null,
      },
    ]),
  ),
);

/** What a bench asks of the database while the platform runs. */
export interface Store {
  /** Stores an old run that has yet to be executed, as another program does. */
  add(run: OldRun): Promise<void>;
  /** How many of the old runs are left. */
  left(): Promise<number>;
  /** Bytes that runs take on the disk. */
  bytes(): Promise<number>;
  close(): Promise<void>;
}

/** Fills the database at this address. The old runs are there all at once. */
export async function fillPostgres(url: string, { workflow, each }: StoredRuns): Promise<Store> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  const insert = (began: number) => sql`
    insert into workflow_runs (uuid, namespace, workflow_id, status, payload, created_at, started_at, completed_at, token, crashes, step_results)
    select (${beginOf(began)}::text || lpad(to_hex(n), 12, '0'))::uuid, 'default', ${workflow}::uuid, 'success', '{"name": "Ada"}',
      at, at, at, 1, 0, ${RESULTS}::text::jsonb
    from generate_series(1, ${each}::integer) as n, (select to_timestamp(${began}::float8 / 1000) as at) as time`;
  await insert(Date.now() - 60_000);
  await insert(Date.now() - AGE_MS);
  // Each is a checkpoint, which only a superuser may ask for: one of all these rows would come in the middle of what is measured.
  await sql`create database bench_checkpoint strategy file_copy`;
  await sql`drop database bench_checkpoint`;
  const until = beginOf(Date.now() - AGE_MS / 2);
  return {
    add: async ({ uuid, workflow: of }) => {
      await sql`insert into workflow_runs (uuid, workflow_id, status, payload) values (${uuid}, ${of}, 'pending', '{}')`;
    },
    left: async () => {
      const [row] = await sql<{ count: number }[]>`
        select count(*)::integer from workflow_runs where uuid < (${until}::text || '000000000000')::uuid and completed_at is not null`;
      return row?.count ?? 0;
    },
    bytes: async () => {
      const [row] = await sql<{ bytes: number }[]>`
        select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class where relname ~ '^workflow_runs_' and relkind = 'r'`;
      return row?.bytes ?? 0;
    },
    close: () => sql.end(),
  };
}

/** Fills the database file of a platform that is not running. */
export async function fillSqlite(folder: string, { workflow, each }: StoredRuns): Promise<Store> {
  const file = join(folder, "platform.db");
  const database = new Database(file, { strict: true });
  database.run("pragma busy_timeout = 5000");
  const insert =
    database.prepare(`insert into workflow_runs (uuid, namespace, workflow_id, status, payload, created_at, started_at,
    completed_at, token, crashes, step_results) values (?, 'default', ?, 'success', '{"name": "Ada"}', ?, ?, ?, 1, 0, ?)`);
  for (const began of [Date.now() - AGE_MS, Date.now() - 60_000]) {
    for (let from = 0; from < each; from += PORTION) {
      database.transaction(() => {
        for (let at = from; at < Math.min(each, from + PORTION); at++) {
          const uuid = `${beginOf(began)}${at.toString(16).padStart(12, "0")}`;
          insert.run(uuid, workflow, began, began, began, RESULTS);
        }
      })();
    }
  }
  const until = `${beginOf(Date.now() - AGE_MS / 2)}000000000000`;
  return {
    add: async ({ uuid, workflow: of }) => {
      database.run("insert into workflow_runs (uuid, workflow_id, status, payload) values (?, ?, 'pending', '{}')", [
        uuid,
        of,
      ]);
    },
    left: async () =>
      database
        .query<{ count: number }, [string]>(
          "select count(*) as count from workflow_runs where uuid < ? and completed_at is not null",
        )
        .get(until)?.count ?? 0,
    bytes: async () => Bun.file(file).size,
    close: async () => database.close(),
  };
}
