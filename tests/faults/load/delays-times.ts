/** Delays as the database has them, embedded and on PostgreSQL. */
import { Database } from "bun:sqlite";
import postgres from "postgres";

/** A run of one delay, by the database's times in milliseconds since the epoch. */
export interface DelayedRun {
  uuid: string;
  status: string;
  /** Seconds that it was asked to wait. */
  duration: number;
  /** When its delay step began; null before. */
  startedAt: number | null;
  completedAt: number | null;
}

/** What is there at a moment. */
export interface Census {
  ended: number;
  /** Runs that some process holds under a lease that is not over. */
  held: number;
  asleep: number;
}

/** Where delays are read. */
export interface DelayRecords {
  census(): Promise<Census>;
  all(): Promise<DelayedRun[]>;
  close(): Promise<void>;
}

interface Row {
  uuid: string;
  status: string;
  duration: number;
  started: string | null;
  completed: string | number | null;
}

function runOf({ uuid, status, duration, started, completed }: Row): DelayedRun {
  const time = (value: string | number | null) => (value === null ? null : new Date(value).getTime());
  return { uuid, status, duration, startedAt: time(started), completedAt: time(completed) };
}

/** Of the file in a data folder, which a running platform may have open. */
export function sqliteDelays(file: string): DelayRecords {
  const database = new Database(file, { readonly: true });
  const census = database.query<Census, []>(`select (select count(completed_at) from workflow_runs) as ended,
    count(*) filter (where holder is not null) as held,
    count(*) filter (where holder is null and started_at is not null) as asleep from run_queue`);
  const all = database.query<Row, []>(`select uuid, status, payload->>'s' as duration,
    step_results->>'$.wait.started_at' as started, completed_at as completed from workflow_runs`);
  return {
    census: async () => census.get() ?? { ended: 0, held: 0, asleep: 0 },
    all: async () => all.all().map(runOf),
    close: async () => database.close(),
  };
}

/** Of a PostgreSQL database. */
export function postgresDelays(address: string): DelayRecords {
  const sql = postgres(address, { max: 1, fetch_types: false, onnotice: () => {} });
  return {
    async census() {
      const [row] = await sql<Census[]>`select
        (select count(completed_at)::integer from workflow_runs) as ended,
        (count(*) filter (where holder is not null))::integer as held,
        (count(*) filter (where holder is null and started_at is not null))::integer as asleep from run_queue where not ended`;
      return row ?? { ended: 0, held: 0, asleep: 0 };
    },
    async all() {
      const rows = await sql<Row[]>`select uuid::text, status, (payload->>'s')::float8 as duration,
        step_results->'wait'->>'started_at' as started,
        to_char(completed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as completed from workflow_runs`;
      return rows.map(runOf);
    },
    close: () => sql.end(),
  };
}
