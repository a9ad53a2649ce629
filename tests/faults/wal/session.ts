/** A session of the embedded platform that ends like a power cut, and what its client knew when. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, type StepInput } from "../../harness/http/client.ts";
import { Platform } from "../../harness/platform.ts";
import { LedgerSink } from "../../harness/sinks/ledger-sink.ts";
import type { Random } from "../../simulation/scheduler.ts";
import { backfilled, type Mark, Wal, WalFollower } from "./file.ts";

const CLIENTS = 4;
/** Enough of the log before the last one: what it wrote is what the file holds behind the end of the last one. */
const STALE_FRAMES = 3_000;

/** A workflow that is triggered, and how each of its runs ends. */
export interface SessionKind {
  steps: StepInput[];
  status: "success" | "failed";
}

const value: StepInput = { name: "value", type: "transform", config: { value: "${payload.n}" } };
const again: StepInput = { ...value, name: "again" };
const wait = (duration: number): StepInput => ({ name: "wait", type: "delay", config: { duration } });

function kinds(hook: string): SessionKind[] {
  const call = (name: string): StepInput => ({
    name,
    type: "webhook",
    config: { url: hook, method: "POST", body: { n: "${payload.n}" } },
  });
  return [
    { steps: [value], status: "success" },
    { steps: [value, wait(0.05), again], status: "success" },
    { steps: [value, call("first"), wait(2), call("second")], status: "success" },
    { steps: [value, { name: "lost", type: "transform", config: { value: "${payload.nowhere}" } }], status: "failed" },
  ];
}

export interface Session {
  /** What a power cut left: the database file, and the log that follows from it. */
  database: Buffer;
  wal: Wal;
  /** The bytes that the log's file held before this generation was written over them. */
  stale: Buffer;
  /** How far the log was when each trigger had been answered, by run id. */
  answered: Map<string, Mark & { n: number }>;
  /** The workflow of the n-th trigger is the n-th of these, over and over. */
  kinds: SessionKind[];
  /** Checkpoints that came by themselves. */
  checkpoints: number;
  close(): Promise<void>;
}

/** Triggers until a checkpoint has come and the log after it has so many frames; then the process is killed. */
export async function recordSession(frames: number, random: Random): Promise<Session> {
  const sink = new LedgerSink();
  const platform = await Platform.start({ env: { SQLITE_SYNCHRONOUS: "FULL" } });
  const file = join(platform.dataFolder, "platform.db");
  try {
    const api = new Client(platform.url);
    const made = kinds(sink.url("/hook"));
    const workflows: string[] = [];
    for (const { steps } of made) workflows.push(await api.create(steps));

    const follower = new WalFollower(`${file}-wal`);
    const answered: Session["answered"] = new Map();
    const generations = new Set<string>();
    let stale: Buffer = Buffer.alloc(0);
    let sent = 0;
    let over = false;
    const trigger = async () => {
      while (!over) {
        const n = sent++;
        // Some payloads take pages of their own.
        const pad = "x".repeat(random.below(random.chance(0.1) ? 9_000 : 100));
        const runId = await api.trigger(workflows[n % workflows.length] ?? "", { n, pad });
        if (over) return;
        const mark = follower.mark();
        answered.set(runId, { ...mark, n });
        generations.add(mark.generation);
        if (stale.length === 0 && mark.frames > STALE_FRAMES) stale = readFileSync(`${file}-wal`);
        over = generations.size > 1 && mark.frames >= frames;
      }
    };
    const clients = Array.from({ length: CLIENTS }, trigger);
    await Promise.race(clients);
    await platform.kill();
    await Promise.allSettled(clients);

    const wal = new Wal(readFileSync(`${file}-wal`));
    if (stale.length === 0) throw new Error("the session kept nothing of the log before the last one");
    if (backfilled(readFileSync(`${file}-shm`)) > 0) throw new Error("a checkpoint of the last log had begun");
    const database = readFileSync(file);
    const close = () => sink.close();
    return { database, wal, stale, answered, kinds: made, checkpoints: generations.size - 1, close };
  } catch (error) {
    await sink.close();
    throw error;
  } finally {
    await platform.close();
  }
}
