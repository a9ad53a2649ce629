import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { install, pathOf, run } from "./packages.ts";
import type { Part } from "./parts.ts";
import { homeOf } from "./unprivileged.ts";

const BASE = join(import.meta.dir, "../postgres/postgresql.conf");
const ROLE_AND_DATABASE = [
  "create role platform login createdb password 'platform';",
  "create database platform owner platform;",
].join("\n");

/** Role, password and database of the platform on every server that is started here. */
export const PLATFORM = "platform";

/** The address of PostgreSQL, or of PgBouncer, on a port. */
export function databaseUrl(port: number): string {
  return `postgres://${PLATFORM}:${PLATFORM}@127.0.0.1:${port}/${PLATFORM}`;
}

/** PostgreSQL, with a role and a database for the platform. */
export function postgresPart(folder: string, port: number): Part {
  return {
    name: "postgres",
    address: databaseUrl(port),
    ports: [port],
    async prepare() {
      await install(["postgres", "psql"]);
      const home = await homeOf(folder);
      const data = join(home.folder, "data");
      if (!existsSync(data)) await create(data, home.as);
      // No socket file: its path would have to be short, and nobody asks for one.
      const own = [`port = ${port}`, "listen_addresses = '127.0.0.1'", "unix_socket_directories = ''"];
      const config = join(home.folder, "postgresql.conf");
      await Bun.write(config, `${await Bun.file(BASE).text()}\n${own.join("\n")}\n`);
      return { command: [...home.as, pathOf("postgres"), "-D", data, "-c", `config_file=${config}`] };
    },
    trouble: () => refusalOf(databaseUrl(port)),
    // SIGTERM would wait for every client to leave.
    stop: { signal: "SIGINT", seconds: 30 },
    startSeconds: 60,
  };
}

/** Null when the database answers a query, else what the client says. */
export async function refusalOf(url: string): Promise<string | null> {
  const query = Bun.spawn([pathOf("psql"), "--no-psqlrc", "--quiet", "--command=select", url], {
    env: { ...process.env, PGCONNECT_TIMEOUT: "5" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [complaint, code] = await Promise.all([new Response(query.stderr).text(), query.exited]);
  return code === 0 ? null : complaint.trim();
}

/** Made under another name and renamed when whole: a server never starts on half a folder. */
async function create(data: string, as: string[]): Promise<void> {
  const half = `${data}.half`;
  rmSync(half, { recursive: true, force: true });
  const settings = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"];
  const authentication = ["--auth-host=scram-sha-256", "--auth-local=reject"];
  await run([...as, pathOf("initdb"), "--pgdata", half, ...settings, ...authentication]);
  // Without a server, so that no password of a superuser is needed.
  await run([...as, pathOf("postgres"), "--single", "-D", half, "postgres"], ROLE_AND_DATABASE);
  renameSync(half, data);
}
