import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { plainEnvironment } from "../processes/environment.ts";
import { isUncollected, workingIn } from "../processes/kernel.ts";
import { install, pathOf, run } from "../processes/packages.ts";
import type { Part } from "../processes/parts.ts";
import { homeOf, writeAs } from "../processes/unprivileged.ts";
import { PLATFORM, passwordOf, pgpassFile } from "../secrets.ts";
import { type Size, USUAL_SIZE } from "../sizing.ts";

/** SIGTERM would wait for every client to leave. */
export const STOP = { signal: "SIGINT", seconds: 30 } as const;

const LEAVE_MS = 10_000;
const POLL_MS = 50;

const BASE = join(import.meta.dir, "../../postgres/postgresql.conf");

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

/** The role that a replica streams as. */
export const STREAMS = "replica";

/** PostgreSQL, with a role and a database for the platform, and a role for a replica where it shall have one. */
export function postgresPart(
  folder: string,
  port: number,
  size: Size = USUAL_SIZE,
  { hasReplica = false }: { hasReplica?: boolean } = {},
): Part {
  return {
    name: "postgres",
    address: databasePlace(port),
    ports: [port],
    async prepare() {
      await install(["postgres", "psql"]);
      const home = await homeOf(folder);
      const data = join(home.folder, "data");
      if (!existsSync(data)) await create(data, home.as, passwordOf(folder, "postgres"));
      await untilLeft(data);
      if (hasReplica) await makeRole(data, home.as, STREAMS, "replication", passwordOf(folder, "replica"));
      const config = await writeAs(home, "postgresql.conf", await settingsOf(port, size));
      return { command: [...home.as, pathOf("postgres"), "-D", data, "-c", `config_file=${config}`] };
    },
    trouble: () => refusalOf(folder, port),
    stop: STOP,
    startSeconds: 60,
  };
}

/** The configuration of a server on a port: what all have, and its own lines. */
export async function settingsOf(port: number, size: Size, more: string[] = []): Promise<string> {
  const own = [
    `port = ${port}`,
    "listen_addresses = '127.0.0.1'",
    // No socket file: its path would have to be short, and nobody asks for one.
    "unix_socket_directories = ''",
    `max_connections = ${size.serverConnections}`,
  ];
  return `${await Bun.file(BASE).text()}\n${[...own, ...more].join("\n")}\n`;
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

/**
 * Waits until nothing is left of a server that was killed: its children, each in a session of its own, find out and end by
 * themselves, and the init of some containers takes a second to collect the dead. No other server starts on the folder
 * before. What stays makes the start fail, which says why.
 */
export async function untilLeft(data: string): Promise<void> {
  const file = join(data, "postmaster.pid");
  const before = existsSync(file) ? Number.parseInt(await Bun.file(file).text(), 10) : Number.NaN;
  const deadline = performance.now() + LEAVE_MS;
  while ((workingIn(data).length > 0 || isUncollected(before)) && performance.now() < deadline) {
    await Bun.sleep(POLL_MS);
  }
}

/** Made under another name and renamed when whole: a server never starts on half a folder. */
async function create(data: string, as: string[], password: string): Promise<void> {
  const half = `${data}.half`;
  rmSync(half, { recursive: true, force: true });
  const settings = ["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8"];
  const authentication = ["--auth-host=scram-sha-256", "--auth-local=reject"];
  await run([...as, pathOf("initdb"), "--pgdata", half, ...settings, ...authentication]);
  await alone(half, as, [
    `create role ${PLATFORM} login createdb password '${password}'`,
    `create database ${PLATFORM} owner ${PLATFORM}`,
  ]);
  renameSync(half, data);
}

/** Makes a role with this right, unless it is there, and gives it the password. */
async function makeRole(data: string, as: string[], role: string, right: string, password: string): Promise<void> {
  const missing = `not exists (select from pg_roles where rolname = '${role}')`;
  await alone(data, as, [
    `do $$ begin if ${missing} then create role ${role}; end if; end $$`,
    `alter role ${role} login ${right} password '${password}'`,
  ]);
}

/** Executes statements without a server, so that no password of a superuser is needed. */
async function alone(data: string, as: string[], statements: string[]): Promise<void> {
  const input = statements.map((statement) => `${statement};\n`).join("");
  await run([...as, pathOf("postgres"), "--single", "-D", data, "postgres"], { input });
}
