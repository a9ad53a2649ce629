import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Job, type JobResult, runJob } from "../load/jobs.ts";
import { onInterrupt, serve } from "./processes.ts";
import { type Target, targetOf } from "./target.ts";

/** For WEBHOOK_ALLOW: the sinks of webhooks are on loopback, which webhooks can't reach otherwise. */
export const SINKS = "127.0.0.0/8";

const REPOSITORY = join(import.meta.dir, "../..");

/** What is measured: a platform that we started, or one that someone else runs (then nothing of its processes is known). */
export interface Platform {
  target: Target;
  /** Its processes by name. */
  pids: Record<string, number>;
  /** Where it stores, when that is a SQLite file of ours. */
  folder: string | undefined;
  /** Does the work while no worker runs, and starts the workers again; undefined where they cannot be stopped. */
  withoutWorkers: ((work: () => Promise<void>) => Promise<void>) | undefined;
  stop(): Promise<void>;
}

/**
 * A fresh folder on the disk that the platform stores on by default. Not /tmp: where that lies in memory an fsync costs
 * nothing, and every figure would be a fairy tale.
 */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const parent = join(REPOSITORY, "data", "bench");
  mkdirSync(parent, { recursive: true });
  const folder = mkdtempSync(join(parent, "run-"));
  const erase = () => rmSync(folder, { recursive: true, force: true });
  const forget = onInterrupt(async () => erase());
  return {
    folder,
    remove: () => {
      erase();
      forget();
    },
  };
}

/** A folder that outlives the platform in it, and settings beside the usual ones. */
export interface EmbeddedOptions {
  folder?: string;
  env?: Record<string, string>;
}

/** Starts a platform of one process, an empty one in a folder of its own unless another is given. */
export async function startEmbedded(options: EmbeddedOptions = {}): Promise<Platform> {
  if (!existsSync(join(REPOSITORY, "src", "main.ts"))) throw new Error("there is no src/main.ts to measure");
  const { folder, remove } =
    options.folder === undefined ? temporaryFolder() : { folder: options.folder, remove: () => {} };
  const served = await serve(["src/main.ts"], {
    ...withoutServices(),
    PORT: "0",
    HOST: "127.0.0.1",
    DATA_DIR: folder,
    LOG_LEVEL: "info",
    WEBHOOK_ALLOW: SINKS,
    // As `make start` and `bun start` have it.
    BUN_JSC_forceRAMSize: process.env.BUN_JSC_forceRAMSize ?? "240000000",
    ...options.env,
  });
  return {
    target: served.target,
    pids: { platform: served.pid },
    folder,
    withoutWorkers: undefined,
    stop: async () => {
      const code = await served.stop();
      remove();
      for (const line of served.warnings) console.error(`the platform logged: ${line.slice(0, 500)}`);
      if (code !== 0) throw new Error(`the platform ended with code ${code} on SIGTERM`);
    },
  };
}

/** The platform that someone else runs at this address. */
export function runningAt(url: string): Platform {
  return { target: targetOf(url), pids: {}, folder: undefined, withoutWorkers: undefined, stop: async () => {} };
}

/** Runs one job, and measures the platform's processes meanwhile. */
export function measure(platform: Platform, job: Job): Promise<JobResult> {
  return runJob({ ...job, watched: platform.pids });
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

/** What turns a service on is unset: whoever has PostgreSQL in the environment still measures the embedded platform. */
function withoutServices(): Record<string, string> {
  return { POSTGRES_HOST: "", DATABASE_URL: "", KAFKA_BOOTSTRAP_SERVERS: "", REDIS_HOST: "", REDIS_URL: "" };
}
