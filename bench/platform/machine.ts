import { statfsSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import type { Mode, Settings } from "../settings.ts";
import { SETTINGS, serviceVersions } from "./stack.ts";

// The magic numbers of statfs(2) for what one meets; the kind of file system decides what an fsync means.
const FILE_SYSTEMS: Record<number, string> = {
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  16914836: "tmpfs",
  2035054128: "overlay",
};

export type Facts = Record<string, string | number>;

/** What the figures were measured on. */
export function machineFacts(): Facts {
  const kind = statfsSync(import.meta.dir).type;
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memory_mb: Math.round(totalmem() / 1024 / 1024),
    kernel: release(),
    file_system: FILE_SYSTEMS[kind] ?? `0x${kind.toString(16)}`,
    bun: Bun.version,
    commit: commit(),
  };
}

/** What was measured, and what stands behind a 200 of it. */
export async function modeFacts(mode: Mode, { url }: Settings): Promise<Facts> {
  const threads = process.env.WORKER_THREADS;
  if (mode === "url") return { platform: `running at ${url}`, fsync: "unknown" };
  if (mode === "embedded") {
    return {
      platform: "one process, SQLite",
      fsync: `SQLite synchronous=${process.env.SQLITE_SYNCHRONOUS || "FULL"}`,
      worker_threads: threads ?? "default",
    };
  }
  const settings = await Bun.file(join(import.meta.dir, "../../infrastructure/postgres/postgresql.conf")).text();
  const setting = (name: string) => new RegExp(`^${name}\\s*=\\s*(\\w+)`, "m").exec(settings)?.[1] ?? "default";
  return {
    platform: `${SETTINGS.apis} API and ${SETTINGS.workers} worker processes behind nginx`,
    fsync: `PostgreSQL fsync=${setting("fsync")} synchronous_commit=${setting("synchronous_commit")}; Kafka acks=all, page cache`,
    worker_threads: threads ?? "1 for each worker",
    ...(await serviceVersions()),
  };
}

/** Facts on one line. */
export function factsText(facts: Facts): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${value}`)
    .join(" · ");
}

/** The commit that was measured; with a + when files differ from it. */
function commit(): string {
  const git = (...args: string[]) => {
    const { success, stdout } = Bun.spawnSync(["git", ...args], { cwd: import.meta.dir, stderr: "ignore" });
    return success ? stdout.toString().trim() : undefined;
  };
  const head = git("rev-parse", "--short", "HEAD");
  if (head === undefined) return "unknown";
  return git("status", "--porcelain", "--untracked-files=no") === "" ? head : `${head}+`;
}
