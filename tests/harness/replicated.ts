/** A PostgreSQL with a replica that streams from it, in a folder of the test's own, to be paused, killed and promoted. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import postgres, { type Sql } from "postgres";
import { endAll } from "../../infrastructure/local/processes/ending.ts";
import { processOf } from "../../infrastructure/local/processes/kernel.ts";
import { pathOf, run } from "../../infrastructure/local/processes/packages.ts";
import { endPart, type PartRecord, startPart } from "../../infrastructure/local/processes/parts.ts";
import { homeOf, outsideOf } from "../../infrastructure/local/processes/unprivileged.ts";
import { databaseUrl, postgresPart } from "../../infrastructure/local/services/postgres.ts";
import { replicaPart } from "../../infrastructure/local/services/replica.ts";
import { USUAL_SIZE } from "../../infrastructure/local/sizing.ts";
import { basePortOf, laneFolder } from "./lane.ts";
import { REPOSITORY } from "./platform.ts";
import { until } from "./stack.fixture.ts";

const BASE = basePortOf("fault-stack-replica");
const PORTS = { primary: BASE + 32, replica: BASE + 34 };
const FOLDER = join(REPOSITORY, ".tools", laneFolder("fault-stack-replica"));

export class Replicated {
  readonly folder = FOLDER;
  #primary: PartRecord;
  #replica: PartRecord;
  #databases = 0;

  private constructor(primary: PartRecord, replica: PartRecord) {
    this.#primary = primary;
    this.#replica = replica;
  }

  /** Both anew. */
  static async start(): Promise<Replicated> {
    await remove();
    const primary = await startPart(FOLDER, postgresPart(FOLDER, PORTS.primary, USUAL_SIZE, { hasReplica: true }));
    return new Replicated(primary, await startReplica());
  }

  /** The address of an empty database. */
  async database(): Promise<string> {
    const name = `test_${++this.#databases}`;
    await on(databaseUrl(FOLDER, PORTS.primary), (sql) => sql.unsafe(`create database ${name}`));
    return databaseUrl(FOLDER, PORTS.primary).replace(/[^/]*$/, name);
  }

  /** The same database on the replica. */
  copyOf(url: string): string {
    return url.replace(`:${PORTS.primary}/`, `:${PORTS.replica}/`);
  }

  /** The settings of a process that uses a database and its copy. */
  environmentFor(url: string): Record<string, string> {
    return {
      DATABASE_URL: url,
      POSTGRES_REPLICA_HOST: "127.0.0.1",
      POSTGRES_REPLICA_PORT: String(PORTS.replica),
    };
  }

  /** The replica goes on answering, and replays nothing more. */
  pauseReplay(): void {
    this.#signalReplay("SIGSTOP");
  }

  resumeReplay(): void {
    this.#signalReplay("SIGCONT");
  }

  /** It answers nothing, and nobody is told. */
  freeze(): void {
    for (const pid of [this.#replica.pid, ...childrenOf(this.#replica.pid)]) process.kill(pid, "SIGSTOP");
  }

  thaw(): void {
    for (const pid of [this.#replica.pid, ...childrenOf(this.#replica.pid)]) process.kill(pid, "SIGCONT");
  }

  async kill(): Promise<void> {
    const { pid } = this.#replica;
    const children = childrenOf(pid);
    process.kill(pid, "SIGKILL");
    // They end by themselves once they see that.
    await until("its processes are gone", () => [pid, ...children].every((one) => processOf(one) === null));
    await endPart(FOLDER, this.#replica);
    // A dead process that the system has not collected yet would look alive to the next one.
    rmSync(join((await homeOf(FOLDER)).folder, "replica/postmaster.pid"), { force: true });
  }

  async startAgain(): Promise<void> {
    this.#replica = await startReplica();
  }

  async endPrimary(): Promise<void> {
    await endPart(FOLDER, this.#primary);
  }

  /** As the runbook says. */
  async promote(): Promise<void> {
    const { folder, as } = await homeOf(FOLDER);
    const control = join(dirname(pathOf("postgres")), "pg_ctl");
    await run([...as, control, "promote", "-D", join(folder, "replica"), "--wait"]);
  }

  async close(): Promise<void> {
    await remove();
  }

  #signalReplay(signal: "SIGSTOP" | "SIGCONT"): void {
    const pid = childrenOf(this.#replica.pid).find((child) => commandOf(child).includes("startup"));
    if (pid === undefined) throw new Error("the replica replays nothing");
    process.kill(pid, signal);
  }
}

/** Does something over a connection of its own. */
export async function on<Result>(url: string, work: (sql: Sql) => Promise<Result>): Promise<Result> {
  const sql = postgres(url, { max: 1, fetch_types: false, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end();
  }
}

function startReplica(): Promise<PartRecord> {
  return startPart(FOLDER, replicaPart(FOLDER, PORTS.replica, PORTS.primary));
}

async function remove(): Promise<void> {
  await endAll(FOLDER);
  for (const path of [FOLDER, outsideOf(FOLDER)]) rmSync(path, { recursive: true, force: true });
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => parentOf(pid) === parent);
}

/** The process that began this one; null where it is gone. */
function parentOf(pid: number): number | null {
  try {
    return Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1]);
  } catch {
    return null;
  }
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}
