import { type KafkaLimit, kafkaLimit } from "../limits/kafka.ts";
import { type PostgresLimit, postgresLimit } from "../limits/postgres.ts";
import { type SqliteLimit, sqliteLimit } from "../limits/sqlite.ts";
import type { JobResult } from "../load/jobs.ts";
import { CONNECTIONS } from "../load/trigger.ts";
import { temporaryFolder } from "../platform/platform.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, cpuOfRequest, type Outcome, otherCores, type Session } from "../scenario.ts";

const MS = 1500;

/** What this machine can do at most: bare HTTP, the load generator alone, and the stores of the mode alone. */
export async function limits(session: Session): Promise<Outcome> {
  const { get, post, schema, nothing } = await session.bareServers();
  const stores = await storesOf(session);
  const rows: Row[] = [
    { figure: "bare Elysia GET", ours: get.per_second, unit: "req/s" },
    { figure: "bare Elysia POST with the trigger's validation", ours: post.per_second, unit: "req/s" },
    { figure: "bare Elysia POST with a schema alone", ours: schema.per_second, unit: "req/s" },
    { figure: "load generator against a do-nothing server", ours: nothing.per_second, unit: "req/s" },
    { figure: "CPU per bare GET: server", ours: cpuOfRequest(get), unit: "µs" },
    { figure: "CPU per bare GET: load generator", ours: generatorCpu(get), unit: "µs" },
    { figure: "CPU per bare POST: server", ours: cpuOfRequest(post), unit: "µs" },
    { figure: "CPU per bare POST: load generator", ours: generatorCpu(post), unit: "µs" },
    ...storeRows(stores),
    {
      figure: "everything else on the machine meanwhile",
      ours: Math.max(otherCores(get), otherCores(post)),
      unit: "cores",
    },
  ];
  const title = `limits: what this machine can do at most (${CONNECTIONS} connections)`;
  return {
    tables: [{ title, rows, notes: busyNotes([get, post]) }],
    columns: [column("bare GET", get), column("bare POST", post), column("do nothing", nothing)],
    measured: { get, post, schema, nothing, ...stores },
  };
}

interface Stores {
  sqlite?: SqliteLimit;
  postgres?: PostgresLimit;
  kafka?: KafkaLimit;
}

async function storesOf(session: Session): Promise<Stores> {
  if (session.mode === "url") return {};
  if (session.mode === "embedded") {
    session.progress("SQLite commits and rows");
    const { folder, remove } = temporaryFolder();
    const sqlite = sqliteLimit(folder, MS);
    remove();
    return { sqlite };
  }
  session.progress("the stack starts");
  const stack = await session.stack();
  session.progress("PostgreSQL rows and Kafka messages in batches");
  return { postgres: await postgresLimit(stack.postgres, MS), kafka: await kafkaLimit(stack.kafka, MS) };
}

function storeRows({ sqlite, postgres, kafka }: Stores): Row[] {
  const rows: Row[] = [];
  if (sqlite !== undefined) {
    rows.push(
      { figure: "SQLite commits, synchronous=FULL", ours: sqlite.commits_per_second, unit: "/s" },
      { figure: `SQLite rows in groups of ${sqlite.group}`, ours: sqlite.rows_per_second, unit: "/s" },
    );
  }
  if (postgres !== undefined) {
    const { batch, connections, fsync } = postgres;
    const figure = `PostgreSQL rows in batches of ${batch}, ${connections} connections, fsync ${fsync}`;
    rows.push({ figure, ours: postgres.rows_per_second, unit: "/s" });
  }
  if (kafka !== undefined) {
    const figure = `Kafka messages in batches of ${kafka.batch}, acks=all`;
    rows.push({ figure, ours: kafka.messages_per_second, unit: "/s" });
  }
  return rows;
}

/** CPU of the generator for each request, in µs. */
function generatorCpu({ generator_cpu_s, per_second, wall_s }: JobResult): number {
  return (1e6 * generator_cpu_s) / (per_second * wall_s);
}
