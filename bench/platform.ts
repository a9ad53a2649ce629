import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Job, type JobResult, runJob, type Target } from "./jobs.ts";
import { serve, targetOf } from "./processes.ts";
import { peakMegabytes } from "./procfs.ts";

const REPOSITORY = join(import.meta.dir, "..");

/** What is measured: a platform that we started, or one that someone else runs (then `pid` and `folder` are unknown). */
export interface Platform {
  target: Target;
  pid: number | undefined;
  folder: string | undefined;
  stop(): Promise<void>;
}

/** A job's result beside the platform's memory. */
export interface Measured extends JobResult {
  /** The most memory the platform has held since its start, in MB; undefined when it isn't ours. */
  platform_peak_mb: number | undefined;
}

/**
 * A fresh folder on the disk that the platform stores on by default. Not /tmp: where that lies in memory an fsync costs
 * nothing, and every figure would be a fairy tale.
 */
export function temporaryFolder(): string {
  const parent = join(REPOSITORY, "data", "bench");
  mkdirSync(parent, { recursive: true });
  return mkdtempSync(join(parent, "run-"));
}

/** Starts an empty platform in a folder of its own, or takes the one at `url`. */
export async function startPlatform(url: string | undefined): Promise<Platform> {
  if (url !== undefined) return { target: targetOf(url), pid: undefined, folder: undefined, stop: async () => {} };
  if (!existsSync(join(REPOSITORY, "src", "main.ts"))) throw new Error("there is no src/main.ts to measure");
  const folder = temporaryFolder();
  const served = await serve(["src/main.ts"], { PORT: "0", HOST: "127.0.0.1", DATA_DIR: folder, LOG_LEVEL: "info" });
  return {
    target: served.target,
    pid: served.pid,
    folder,
    stop: async () => {
      const code = await served.stop();
      rmSync(folder, { recursive: true, force: true });
      for (const line of served.warnings) console.error(`the platform logged: ${line.slice(0, 500)}`);
      if (code !== 0) throw new Error(`the platform ended with code ${code} on SIGTERM`);
    },
  };
}

/** Runs `work` against a platform and stops it whatever happens. */
export async function withPlatform<T>(url: string | undefined, work: (platform: Platform) => Promise<T>): Promise<T> {
  const platform = await startPlatform(url);
  let result: T;
  try {
    result = await work(platform);
  } catch (error) {
    await platform.stop().catch(() => {});
    throw error;
  }
  await platform.stop();
  return result;
}

/** Runs one job and notes what memory the platform has taken by then. */
export async function measure(platform: Platform, job: Job): Promise<Measured> {
  const { pid } = platform;
  const result = await runJob(pid === undefined ? job : { ...job, server_pid: pid });
  return { ...result, platform_peak_mb: pid === undefined ? undefined : peakMegabytes(pid) };
}

/** Size of the write-ahead log in the platform's folder in bytes; 0 when there is none or the folder isn't ours. */
export function walBytes(platform: Platform): number {
  if (platform.folder === undefined) return 0;
  let bytes = 0;
  for (const name of readdirSync(platform.folder)) {
    if (name.endsWith("-wal")) bytes += statSync(join(platform.folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}
