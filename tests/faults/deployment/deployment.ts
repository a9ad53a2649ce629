/**
 * A full deployment of its own, made of the parts of `make stack`, whose parts may be killed, frozen and started again one
 * by one. The services stay up between the files of the suite; each deployment has a database and topics of its own.
 */
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import postgres, { type Sql } from "postgres";
import type { Addresses } from "../../../infrastructure/local/platform.ts";
import { isPortFree, processOf } from "../../../infrastructure/local/processes/kernel.ts";
import { withLock } from "../../../infrastructure/local/processes/lock.ts";
import {
  allDone,
  endPart,
  isAlive,
  type Launch,
  type Part,
  type PartRecord,
  recordsIn,
  startPart,
} from "../../../infrastructure/local/processes/parts.ts";
import { homeOf } from "../../../infrastructure/local/processes/unprivileged.ts";
import { SERVICES, startServices } from "../../../infrastructure/local/services.ts";
import { laneFolder } from "../../harness/lane.ts";
import { REPOSITORY } from "../../harness/platform.ts";
import { until } from "../load/waiting.ts";
import { forgetLogs, keepLog, readLogs } from "./deployment-logs.ts";
import { type DeploymentSettings, databaseOf, freshDatabase, partsOf, stackOf } from "./deployment-parts.ts";
import { familyOf, signal } from "./family.ts";

export { databaseOf } from "./deployment-parts.ts";

const GONE_MS = 20_000;
const PLATFORM_PART = /^(nginx|api-\d+|worker-\d+)$/;

export class Deployment {
  /** nginx. */
  readonly url: string;
  readonly folder: string;
  readonly services: Addresses;
  /** `<name>.trigger` and `<name>.completed` are the topics, `<name>` the consumer group and the database. */
  readonly name: string;
  /** Straight at PostgreSQL, not through PgBouncer. */
  readonly sql: Sql;
  readonly #parts: Map<string, Part>;

  private constructor(folder: string, name: string, parts: Part[], services: Addresses) {
    this.folder = folder;
    this.name = name;
    this.#parts = new Map(parts.map((part) => [part.name, part]));
    this.services = services;
    this.url = this.address("nginx");
    this.sql = postgres(databaseOf(services.postgres, name), { max: 4, fetch_types: false, onnotice: () => {} });
  }

  /** Starts all of it; what an earlier test left running of the platform is ended first. */
  static async up(settings: DeploymentSettings = {}): Promise<Deployment> {
    const folder = resolve(REPOSITORY, ".tools", laneFolder(stackOf(settings)));
    const name = `faults_${Date.now().toString(36)}`;
    return withLock(folder, async () => {
      await endPlatform(folder);
      forgetLogs(folder);
      const { services, platform, addresses } = partsOf(folder, name, settings);
      await startServices(folder, services, SERVICES);
      await freshDatabase(addresses.postgres, name);
      const deployment = new Deployment(folder, name, [...Object.values(services).flat(), ...platform], addresses);
      // The first migrates; the others would wait for it.
      await deployment.start("api-1");
      await deployment.start(...deployment.names.filter((one) => PLATFORM_PART.test(one)));
      return deployment;
    });
  }

  get names(): string[] {
    return [...this.#parts.keys()];
  }

  address(name: string): string {
    return this.#part(name).address;
  }

  isAlive(name: string): boolean {
    const record = this.#record(name);
    return record !== undefined && isAlive(record);
  }

  /** @throws Error when it does not run */
  pid(name: string): number {
    const record = this.#record(name);
    if (record === undefined || !isAlive(record)) throw new Error(`${name} does not run`);
    return record.pid;
  }

  /** Kills a part and everything that came of it, as `kill -9` of a container does; resolves when all of it is gone. */
  async kill(name: string): Promise<void> {
    const record = this.#record(name);
    if (record === undefined) throw new Error(`${name} was not started`);
    const family = familyOf(record);
    for (const pid of family) signal(pid, "SIGKILL");
    // The main thread may be dead while others still hold the ports.
    const isGone = () => family.every((pid) => processOf(pid) === null) && record.ports.every(isPortFree);
    await until(`${name} is gone`, GONE_MS, isGone);
    // A dead process that the system has not collected yet would look alive to the next PostgreSQL.
    if (name === "postgres") rmSync(join((await homeOf(this.folder)).folder, "data/postmaster.pid"), { force: true });
  }

  /** Sends a signal to a part's own process: SIGSTOP and SIGCONT freeze it and let it go on. */
  signal(name: string, kind: NodeJS.Signals): void {
    signal(this.pid(name), kind);
  }

  /** Ends a part in good order. */
  async stop(name: string): Promise<void> {
    const record = this.#record(name);
    if (record !== undefined) await endPart(this.folder, record);
  }

  /** Starts parts that do not run, together, and waits until each does its work. */
  async start(...names: string[]): Promise<void> {
    await allDone(names.map((name) => this.#start(this.#part(name))));
  }

  /** Starts one part in another way; the next start is the usual one. */
  async startAs(name: string, change: (launch: Launch) => Launch): Promise<void> {
    const part = this.#part(name);
    await this.#start({ ...part, prepare: async () => change(await part.prepare()) });
  }

  /** The same, with more in its environment. */
  startWith(name: string, env: Record<string, string>): Promise<void> {
    return this.startAs(name, (launch) => ({ ...launch, env: { ...launch.env, ...env } }));
  }

  /** All that a part has logged in this deployment. */
  log(name: string): string {
    return readLogs(this.folder, name);
  }

  /** Ends the platform; its logs stay until the next one, and so do the services. */
  async down(): Promise<void> {
    for (const name of this.names.filter((one) => this.isAlive(one))) this.signal(name, "SIGCONT");
    await this.sql.end({ timeout: 1 });
    await withLock(this.folder, () => endPlatform(this.folder));
  }

  async #start(part: Part): Promise<void> {
    if (!this.isAlive(part.name)) keepLog(this.folder, part.name);
    await startPart(this.folder, part);
  }

  #part(name: string): Part {
    const part = this.#parts.get(name);
    if (part === undefined) throw new Error(`There is no ${name}; there are ${this.names.join(", ")}`);
    return part;
  }

  #record(name: string): PartRecord | undefined {
    return recordsIn(this.folder).find((record) => record.name === name);
  }
}

/** Ends what runs of the platform in a folder, frozen or not. */
async function endPlatform(folder: string): Promise<void> {
  const records = recordsIn(folder).filter(({ name }) => PLATFORM_PART.test(name));
  for (const record of records) if (isAlive(record)) signal(record.pid, "SIGCONT");
  await allDone(records.map((record) => endPart(folder, { ...record, stop: { signal: "SIGTERM", seconds: 1 } })));
}
