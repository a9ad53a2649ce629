import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { run } from "./packages.ts";

const USER = "postgres";
const FALLBACK = "/var/lib/workflow-platform";

/** A folder of a server that refuses to run as root, and what to put before its commands. */
export interface Home {
  folder: string;
  as: string[];
}

/**
 * Where PostgreSQL and PgBouncer keep what is theirs. For root that is a folder of the user `postgres`: inside of the
 * stack's own folder where that user can reach it, which it can't below /root.
 */
export async function homeOf(folder: string): Promise<Home> {
  const inside = join(folder, "postgres");
  if (process.getuid?.() !== 0) {
    mkdirSync(inside, { recursive: true, mode: 0o700 });
    return { folder: inside, as: [] };
  }
  const as = ["setpriv", `--reuid=${USER}`, `--regid=${USER}`, "--init-groups"];
  const reachable = Bun.spawnSync([...as, "test", "-x", folder]).success;
  const home = reachable ? inside : outsideOf(folder);
  await run(["install", "--directory", "--mode=700", `--owner=${USER}`, `--group=${USER}`, home]);
  return { folder: home, as };
}

/** Writes a file that only the owner of a home may read. */
export async function writeAs({ folder, as }: Home, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  // A file that was made with more rights would keep them.
  await run([...as, "sh", "-c", 'umask 077; rm -f "$1"; cat >"$1"', "sh", path], { input: text });
  return path;
}

/** The place of a folder's home when it can't be inside. */
export function outsideOf(folder: string): string {
  return join(FALLBACK, Bun.hash(folder).toString(36));
}
