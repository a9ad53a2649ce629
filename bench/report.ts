import { mkdirSync, statfsSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import type { Settings } from "./scenario.ts";
import { passes, type Table } from "./table.ts";

// The magic numbers of statfs(2) for what one meets; the kind of file system decides what an fsync means.
const FILE_SYSTEMS: Record<number, string> = {
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  16914836: "tmpfs",
  2035054128: "overlay",
};

/** What the figures were measured on. */
export function machine(settings: Settings): Record<string, unknown> {
  const kind = statfsSync(import.meta.dir).type;
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memory_mb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    file_system: FILE_SYSTEMS[kind] ?? `0x${kind.toString(16)}`,
    bun: Bun.version,
    mode: settings.url === undefined ? "embedded" : `running at ${settings.url}`,
    fsync: settings.url === undefined ? `synchronous=${process.env.SQLITE_SYNCHRONOUS ?? "FULL"}` : "unknown",
    worker_threads: process.env.WORKER_THREADS ?? "default",
  };
}

/**
 * Writes everything that was measured to `bench/results/<date>-<cores>cores.json`, or beside it under a name that ends in
 * `suffix` (a run of a part must not replace a whole one); returns the file's path.
 */
export async function writeResults(
  suffix: string,
  facts: Record<string, unknown>,
  scenarios: Record<string, { tables: Table[]; measured: unknown }>,
): Promise<string> {
  const folder = join(import.meta.dir, "results");
  mkdirSync(folder, { recursive: true });
  const now = new Date();
  const path = join(folder, `${now.toISOString().slice(0, 10)}-${cpus().length}cores${suffix}.json`);
  const marked = Object.fromEntries(
    Object.entries(scenarios).map(([name, { tables, measured }]) => [
      name,
      {
        tables: tables.map((table) => ({ ...table, rows: table.rows.map((row) => ({ ...row, pass: passes(row) })) })),
        measured,
      },
    ]),
  );
  await Bun.write(
    path,
    `${JSON.stringify({ measured_at: now.toISOString(), machine: facts, scenarios: marked }, null, 2)}\n`,
  );
  return path;
}
