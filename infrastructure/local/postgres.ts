import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { plainEnvironment } from "./environment.ts";
import { install, pathOf, run } from "./packages.ts";
import type { Part } from "./parts.ts";
import { PLATFORM, passwordOf, pgpassFile } from "./secrets.ts";
import { type Size, USUAL_SIZE } from "./sizing.ts";
import { homeOf, writeAs } from "./unprivileged.ts";

const BASE = join(import.meta.dir, "../postgres/postgresql.conf");

/** The address of PostgreSQL, or of PgBouncer, on a port, with the folder's password. */
export function databaseUrl(folder: string, port: number): string {
  return withPassword(databasePlace(port), folder);
}

/** The same without a password, for people to see. */
export function databasePlace(port: number): string {
  return `postgres://127.0.0.1:${port}/${PLATFORM}`;
}

export function withPassword(place: string, folder: string): string {
  return place.replace("://", `://${PLATFORM}:${passwordOf(folder, "postgres")}@`);
}

/** PostgreSQL, with a role and a database for the platform. */
export function postgresPart(folder: string, port: number, size: Size = USUAL_SIZE): Part {
  return {
    name: "postgres",
    address: databasePlace(port),
    ports: [port],
    async prepare() {
      await install(["postgres", "psql"]);
      const home = await homeOf(folder);
      const data = join(home.folder, "data");
      if (!existsSync(data)) await create(data, home.as, passwordOf(folder, "postgres"));
      // No socket file: its path would have to be short, and nobody asks for one.
      const own = [
        `port = ${port}`,
        "listen_addresses = '127.0.0.1'",
        "unix_socket_directories = ''",
        `max_connections = ${size.serverConnections}`,
      ];
      const config = await writeAs(home, "postgresql.conf", `${await Bun.file(BASE).text()}\n${own.join("\n")}\n`);
      return { command: [...home.as, pathOf("postgres"), "-D", data, "-c", `config_file=${config}`] };
    },
    trouble: () => refusalOf(folder, port),
    // SIGTERM would wait for every client to leave.
    stop: { signal: "SIGINT", seconds: 30 },
    startSeconds: 60,
  };
}

/** Null when the database answers a query, else what the client says. */
export async function refusalOf(folder: string, port: number): Promise<string | null> {
  const place = ["--host=127.0.0.1", `--port=${port}`, `--username=${PLATFORM}`, `--dbname=${PLATFORM}`];
  const query = Bun.spawn([pathOf("psql"), "--no-psqlrc", "--no-password", "--quiet", "--command=select", ...place], {
    env: { ...plainEnvironment(), PGCONNECT_TIMEOUT: "5", PGPASSFILE: pgpassFile(folder) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [complaint, code] = await Promise.all([new Response(query.stderr).text(), query.exited]);
  return code === 0 ? null : complaint.trim();
}

/** Made under another name and renamed when whole: a server never starts on half a folder. */
async function create(data: string, as: string[], password: string): Promise<void> {
  const half = `${data}.half`;
  rmSync(half, { recursive: true, force: true });
  const settings = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"];
  const authentication = ["--auth-host=scram-sha-256", "--auth-local=reject"];
  await run([...as, pathOf("initdb"), "--pgdata", half, ...settings, ...authentication]);
  // Without a server, so that no password of a superuser is needed.
  await run([...as, pathOf("postgres"), "--single", "-D", half, "postgres"], {
    input: `create role ${PLATFORM} login createdb password '${password}';\ncreate database ${PLATFORM} owner ${PLATFORM};`,
  });
  renameSync(half, data);
}
