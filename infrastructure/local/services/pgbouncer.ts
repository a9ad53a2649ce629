import { join } from "node:path";
import { install, pathOf } from "../processes/packages.ts";
import type { Part } from "../processes/parts.ts";
import { homeOf, writeAs } from "../processes/unprivileged.ts";
import { PLATFORM, passwordOf } from "../secrets.ts";
import { type Size, USUAL_SIZE } from "../sizing.ts";
import { databasePlace, refusalOf } from "./postgres.ts";

const BASE = join(import.meta.dir, "../../pgbouncer/pgbouncer.ini");

/** PgBouncer before PostgreSQL, for every database that is there. */
export function pgbouncerPart(folder: string, port: number, postgresPort: number, size: Size = USUAL_SIZE): Part {
  return {
    name: "pgbouncer",
    address: databasePlace(port),
    ports: [port],
    async prepare() {
      await install(["pgbouncer", "psql"]);
      const home = await homeOf(folder);
      const users = await writeAs(home, "userlist.txt", `"${PLATFORM}" "${passwordOf(folder, "postgres")}"\n`);
      const own = [
        "listen_addr = 127.0.0.1",
        `listen_port = ${port}`,
        "unix_socket_dir =",
        `max_client_conn = ${size.poolerClients}`,
        `default_pool_size = ${size.poolerConnections}`,
        `max_db_connections = ${size.poolerConnections}`,
        `auth_file = ${users}`,
        // May ask it for its pools: psql …/pgbouncer -c 'show pools'
        `admin_users = ${PLATFORM}`,
        "[databases]",
        `* = host=127.0.0.1 port=${postgresPort} connect_query='set statement_timeout = 9000; set jit = off'`,
      ];
      const config = await writeAs(home, "pgbouncer.ini", `${await Bun.file(BASE).text()}\n${own.join("\n")}\n`);
      return { command: [...home.as, pathOf("pgbouncer"), config] };
    },
    trouble: () => refusalOf(folder, port),
    // SIGINT would wait for every transaction.
    stop: { signal: "SIGTERM", seconds: 10 },
    startSeconds: 30,
  };
}
