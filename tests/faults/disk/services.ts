/** PostgreSQL and Kafka on small disks of their own. */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { endAll, removeData } from "../../../infrastructure/local/processes/ending.ts";
import {
  endPart,
  isAlive,
  type Part,
  type PartRecord,
  startPart,
} from "../../../infrastructure/local/processes/parts.ts";
import { homeOf } from "../../../infrastructure/local/processes/unprivileged.ts";
import { kafkaPart } from "../../../infrastructure/local/services/kafka.ts";
import { databaseUrl, postgresPart } from "../../../infrastructure/local/services/postgres.ts";
import { portsFrom } from "../../../infrastructure/local/services.ts";
import { basePortOf, laneFolder } from "../../harness/lane.ts";
import { REPOSITORY } from "../../harness/platform.ts";
import { until } from "../load/waiting.ts";
import { SmallDisk } from "./small.ts";

const PORTS = portsFrom(basePortOf("fault-disk"));
const BROKER = { id: 1, port: PORTS.kafka, controllerPort: PORTS.kafka + 1 };
/** No checkpoint makes room in the log by itself: it grows until its disk is full, and little is kept to be written over. */
const SMALL_LOG = ["checkpoint_timeout=1d", "max_wal_size=1GB", "min_wal_size=32MB", "shared_buffers=32MB"];
const DATA_MIB = 300;
const LOG_MIB = 96;
const KAFKA_MIB = 300;

/** A service that a full disk may end. */
export class DiskService {
  readonly address: string;
  readonly folder: string;
  readonly disks: SmallDisk[] = [];
  readonly #part: Part;
  #record: PartRecord | null = null;

  private constructor(folder: string, part: Part) {
    this.folder = folder;
    this.address = part.name === "postgres" ? databaseUrl(folder, PORTS.postgres) : part.address;
    this.#part = part;
  }

  /** PostgreSQL; its first disk holds everything but the write-ahead log, its second that. */
  static async postgres(): Promise<DiskService> {
    const folder = await freshFolder("fault-disk-postgres");
    const usual = postgresPart(folder, PORTS.postgres);
    const part: Part = {
      ...usual,
      async prepare() {
        const launch = await usual.prepare();
        return { ...launch, command: [...launch.command, ...SMALL_LOG.flatMap((setting) => ["-c", setting])] };
      },
    };
    const service = new DiskService(folder, part);
    return service.#made(async () => {
      const home = await homeOf(folder);
      service.disks.push(SmallDisk.mount(home.folder, DATA_MIB));
      // The first start makes the folder; before the second one its log gets a disk of its own.
      await endPart(folder, await startPart(folder, part));
      const log = join(home.folder, "data/pg_wal");
      run("mv", log, `${log}.before`);
      service.disks.push(SmallDisk.mount(log, LOG_MIB));
      run("cp", "--archive", `${log}.before/.`, log);
      rmSync(`${log}.before`, { recursive: true });
    });
  }

  /** Kafka, with its log on the one disk. */
  static async kafka(): Promise<DiskService> {
    const folder = await freshFolder("fault-disk-kafka");
    const service = new DiskService(folder, kafkaPart(folder, BROKER, [BROKER]));
    return service.#made(async () => {
      service.disks.push(SmallDisk.mount(join(folder, "kafka/data"), KAFKA_MIB));
    });
  }

  get lives(): boolean {
    return this.#record !== null && isAlive(this.#record);
  }

  /** What its operator does when it is gone. */
  async start(): Promise<void> {
    this.#record = await startPart(this.folder, this.#part);
  }

  /** Resolves once it works again: by itself, or because its operator starts it after it has ended; true in that case. */
  async back(deadlineMs: number): Promise<boolean> {
    const works = async () => (await this.#part.trouble("")) === null;
    await until(`${this.#part.name} works or has ended`, deadlineMs, async () => !this.lives || (await works()), 200);
    if (this.lives) return false;
    await this.start();
    return true;
  }

  async remove(): Promise<void> {
    await endAll(this.folder);
    for (const disk of this.disks.toReversed()) disk.unmount();
    removeData(this.folder);
  }

  async #made(mount: () => Promise<void>): Promise<DiskService> {
    try {
      await mount();
      await this.start();
      return this;
    } catch (error) {
      await this.remove();
      throw error;
    }
  }
}

/** An empty folder; what an earlier test left running there is ended. */
async function freshFolder(name: string): Promise<string> {
  const folder = resolve(REPOSITORY, ".tools", laneFolder(name));
  mkdirSync(folder, { recursive: true });
  await endAll(folder);
  return folder;
}

function run(...command: string[]): void {
  const { success, stderr } = Bun.spawnSync(command);
  if (!success) throw new Error(`${command.join(" ")}: ${stderr}`);
}
