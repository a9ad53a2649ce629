import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { outsideOf } from "./processes/unprivileged.ts";

/** The services that ask for a password. */
export type Guarded = "postgres" | "replica" | "redis" | "kafka";

/** Role and database of the platform on every server that is started here. */
export const PLATFORM = "platform";

/** The file with a service's password, which only this user may read: random, and made the first time it is asked for. */
export function passwordFile(folder: string, service: Guarded): string {
  const path = join(folder, "secrets", service);
  if (!existsSync(path)) writePrivate(path, isOlder(folder, service) ? PLATFORM : randomBytes(24).toString("hex"));
  return path;
}

export function passwordOf(folder: string, service: Guarded): string {
  return readFileSync(passwordFile(folder, service), "utf8");
}

/** The same for psql, which takes no other file: PostgreSQL, "The Password File". */
export function pgpassFile(folder: string): string {
  const path = join(folder, "secrets/pgpass");
  if (!existsSync(path)) writePrivate(path, `*:*:*:${PLATFORM}:${passwordOf(folder, "postgres")}\n`);
  return path;
}

/** Writes a file that only this user may read. */
export function writePrivate(path: string, text: string): void {
  mkdirSync(join(path, ".."), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
}

/** A database that was made before passwords were random has the role's name for one. */
function isOlder(folder: string, service: Guarded): boolean {
  return (
    service === "postgres" &&
    [join(folder, "postgres"), outsideOf(folder)].some((home) => existsSync(join(home, "data")))
  );
}
