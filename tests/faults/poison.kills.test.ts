/** A run whose worker is killed under it is no poison: many more kills than a run may have crashes count for nothing. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { Client } from "../harness/http/client.ts";
import { Platform } from "../harness/platform.ts";
import { PlatformProcess } from "../harness/processes.ts";
import { LedgerSink } from "../harness/sinks/ledger-sink.ts";
import { newDatabase } from "../harness/under-test.ts";
import { type Case, play } from "./deployment/folder.ts";
import { until } from "./load/waiting.ts";

const FULL = process.env.TEST_SIZE === "full";
/** Five crashes end a run. */
const KILLS = FULL ? 40 : 7;
const RUNS = FULL ? 500 : 50;
/** Room for the webhooks of all runs at once, though a host that has not answered yet gets a quarter: none may wait for another. */
const SETTINGS = { LEASE_SECONDS: "1", WORKER_MAX_EFFECTS: String(4 * RUNS) };
const HELD_MS = 60_000;
const DEADLINE_MS = 60_000;
/** On a busy machine the first webhooks may be under way for as long as all of them may take to be: no run fails of that. */
const LIMIT_S = 90;
const LONGEST_MS = FULL ? 900_000 : 180_000;

interface Row {
  uuid: string;
  status: string;
  error: string | null;
  crashes: number;
  /** How often it was claimed. */
  claims: number;
}

/** What executes runs, and may be killed. */
interface Executing {
  url: string;
  rows(): Promise<Row[]>;
  /** Lines of all processes that executed them. */
  logs(): Record<string, unknown>[];
  kill(): Promise<void>;
  close(): Promise<void>;
}

for (const [mode, start] of [
  ["embedded", startEmbedded],
  ["PostgreSQL", startOnPostgres],
] as const) {
  const name = `${mode}: kill -9 of what holds healthy runs never counts as a crash of theirs`;
  // At the same time: they wait for starts and leases most of the time.
  test.concurrent(
    name,
    () => play("tests/faults/poison.kills.test.ts", name, (scene) => killUnder(mode, start, scene)),
    LONGEST_MS,
  );
}

async function killUnder(mode: string, start: () => Promise<Executing>, { folder }: Case): Promise<void> {
  const sink = new LedgerSink();
  const executing = await start();
  let killing = true;
  try {
    // Each run is in the middle of a webhook that is not answered while kills go on.
    const url = sink.url("/held", { afterMs: () => (killing ? HELD_MS : 0) });
    const api = new Client(executing.url);
    const workflow = await api.create([
      { name: "before", type: "transform", config: { value: "${payload.n}" } },
      { name: "held", type: "webhook", timeout: LIMIT_S, config: { url, method: "POST", body: { n: "${payload.n}" } } },
    ]);
    const ids = await Promise.all(Array.from({ length: RUNS }, (_, n) => api.trigger(workflow, { n })));
    for (let kill = 1; kill <= KILLS; kill++) {
      await until(`every run's webhook is under way for time ${kill}`, DEADLINE_MS, () =>
        ids.every((id) => sink.of(id, 1).length >= kill),
      );
      await executing.kill();
      for (const row of await executing.rows())
        expect(row).toEqual({ ...row, status: "running", error: null, crashes: 0 });
    }
    killing = false;
    let rows: Row[] = [];
    await until("every run has ended", DEADLINE_MS, async () => {
      rows = await executing.rows();
      return rows.every(({ status }) => status !== "running");
    });
    expect(rows).toHaveLength(RUNS);
    for (const row of rows) expect(row).toEqual({ ...row, status: "success", error: null, crashes: 0 });
    const fewest = Math.min(...rows.map(({ claims }) => claims));
    console.log(
      `kills, ${mode}: ${KILLS} kill -9, each under ${RUNS} runs; every run was claimed ${fewest} times or more`,
    );
    expect(fewest).toBeGreaterThan(KILLS);
  } catch (error) {
    const attempts = [...sink.attempts].map(([id, times]) => ({ id, times: times.map(({ at }) => at) }));
    const lines = (items: unknown[]) => items.map((item) => JSON.stringify(item)).join("\n");
    writeFileSync(join(folder, "attempts.ndjson"), lines(attempts));
    writeFileSync(join(folder, "rows.ndjson"), lines(await executing.rows()));
    writeFileSync(join(folder, "log.ndjson"), lines(executing.logs()));
    throw error;
  } finally {
    await executing.close();
    await sink.close();
  }
}

/** Of either database. An open run is as run_queue says. */
const ROWS = `select uuid, case when status = 'pending' and q.started_at is not null then 'running' else status end as status,
  r.error, coalesce(r.crashes, q.crashes) as crashes, coalesce(r.token, q.token) as claims
  from workflow_runs r left join run_queue q on q.run_uuid = r.uuid`;

async function startEmbedded(): Promise<Executing> {
  const platform = await Platform.start({ env: SETTINGS });
  const database = new Database(join(platform.dataFolder, "platform.db"), { readonly: true });
  const rows = database.query<Row, []>(ROWS);
  return {
    url: platform.url,
    rows: async () => rows.all(),
    logs: () => platform.logs.map(({ fields }) => fields),
    kill: () => platform.restart(),
    async close() {
      database.close();
      await platform.close();
    },
  };
}

/** An API, and a worker in whose place comes another one. */
async function startOnPostgres(): Promise<Executing> {
  const address = await newDatabase();
  const env = { DATABASE_URL: address, ...SETTINGS };
  const api = await PlatformProcess.start("api", env);
  let worker = await PlatformProcess.start("worker", env);
  const ended: PlatformProcess[] = [];
  const sql = postgres(address, { max: 1, fetch_types: false, onnotice: () => {} });
  return {
    url: api.url,
    rows: async () => Array.from(await sql.unsafe<Row[]>(ROWS)),
    logs: () => [...ended, worker].flatMap(({ logs }) => logs),
    async kill() {
      await worker.end("SIGKILL");
      ended.push(worker);
      worker = await PlatformProcess.start("worker", env);
    },
    async close() {
      await sql.end();
      await Promise.all([api.end("SIGKILL"), worker.end("SIGKILL")]);
    },
  };
}
