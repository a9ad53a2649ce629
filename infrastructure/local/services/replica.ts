import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { plainEnvironment } from "../processes/environment.ts";
import { install, pathOf, run } from "../processes/packages.ts";
import type { Part } from "../processes/parts.ts";
import { type Home, homeOf, writeAs } from "../processes/unprivileged.ts";
import { PLATFORM, passwordOf } from "../secrets.ts";
import { type Size, USUAL_SIZE } from "../sizing.ts";
import { databasePlace, refusalOf, STOP, STREAMS, settingsOf, untilLeft } from "./postgres.ts";

/** Its slot at the primary, which keeps the log that it has not had yet. */
const SLOT = "replica";
const OWN = [
  `primary_slot_name = '${SLOT}'`,
  // A read may hold up what streams in for so long. Those of the platform take no more than a second either.
  "max_standby_streaming_delay = 1s",
  "wal_receiver_status_interval = 1s",
];

/** A PostgreSQL that streams from the one on the primary's port, which runs already and was told that it has a replica. */
export function replicaPart(folder: string, port: number, primaryPort: number, size: Size = USUAL_SIZE): Part {
  return {
    name: "replica",
    address: databasePlace(port),
    ports: [port],
    async prepare() {
      await install(["postgres", "psql", "pg_basebackup"]);
      const home = await homeOf(folder);
      const data = join(home.folder, "replica");
      const passwords = await writeAs(home, "pgpass", `*:*:*:${STREAMS}:${passwordOf(folder, "replica")}\n`);
      const primary = new Primary(home, primaryPort, passwords);
      await untilLeft(data);
      // Without the slot, or when it had to be let go of, what was written meanwhile is missing.
      if (!existsSync(data) || !(await primary.hasSlot())) await primary.copy(data);
      const config = await writeAs(home, "replica.conf", await settingsOf(port, size, OWN));
      return { command: [...home.as, pathOf("postgres"), "-D", data, "-c", `config_file=${config}`] };
    },
    trouble: () => refusalOf(folder, port),
    stop: STOP,
    startSeconds: 60,
  };
}

/** The primary, as the role of the replica. */
class Primary {
  readonly #home: Home;
  readonly #place: string[];
  readonly #env: Record<string, string>;

  constructor(home: Home, port: number, passwords: string) {
    this.#home = home;
    this.#place = ["--host=127.0.0.1", `--port=${port}`, `--username=${STREAMS}`, "--no-password"];
    this.#env = { ...plainEnvironment(), PGPASSFILE: passwords };
  }

  async hasSlot(): Promise<boolean> {
    const slots = `select count(*) from pg_replication_slots where slot_name = '${SLOT}' and wal_status <> 'lost'`;
    return (await this.#ask(slots)) === "1";
  }

  /** Copies it under another name, renamed when whole: a server never starts on half a folder. */
  async copy(data: string): Promise<void> {
    const half = `${data}.half`;
    for (const path of [half, data]) rmSync(path, { recursive: true, force: true });
    await this.#ask(`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = '${SLOT}'`);
    const slot = ["--create-slot", `--slot=${SLOT}`];
    const options = ["--checkpoint=fast", "--wal-method=stream", "--write-recovery-conf", ...slot];
    await this.#run([pathOf("pg_basebackup"), ...this.#place, `--pgdata=${half}`, ...options]);
    renameSync(half, data);
  }

  async #ask(statement: string): Promise<string> {
    const options = ["--no-psqlrc", "--tuples-only", "--no-align", `--dbname=${PLATFORM}`, `--command=${statement}`];
    return (await this.#run([pathOf("psql"), ...this.#place, ...options])).trim();
  }

  #run(command: string[]): Promise<string> {
    return run([...this.#home.as, ...command], { env: this.#env });
  }
}
