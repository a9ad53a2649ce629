/** Opens what a power cut left with the platform's storage, and compares it with the last commit before the cut. */
import { Database } from "bun:sqlite";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../../src/storage/port.ts";
import { openFileStorage } from "../../../src/storage/sqlite/index.ts";
import { digestOf, type State } from "./history.ts";

const LEASE_MILLISECONDS = 60_000;
const ALL = 100_000;
const NO_LIMIT_BYTES = 1e12;

// In memory where that is possible: the cut is over, and what an opening writes need not survive another one.
const FOLDERS = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** The files that a power cut left. */
export interface Remains {
  database: Buffer;
  log: Buffer;
  /** What the log's index happens to hold; it is not flushed by anybody. */
  index?: Buffer;
}

/** A data folder with these files. */
export function folderOf({ database, log, index }: Remains): string {
  const folder = mkdtempSync(join(FOLDERS, "wal-test-"));
  writeFileSync(join(folder, "platform.db"), database);
  writeFileSync(join(folder, "platform.db-wal"), log);
  if (index !== undefined) writeFileSync(join(folder, "platform.db-shm"), index);
  return folder;
}

/** Opens, compares, takes up every open run and ends it. Null when all is as it should be, else what is not. */
export async function faultOfOpening(remains: Remains, state: State, uuids: string[]): Promise<string | null> {
  const folder = folderOf(remains);
  const file = join(folder, "platform.db");
  const deaths: unknown[] = [];
  try {
    const storage = await openFileStorage({ folder, synchronous: "NORMAL", onDeath: (error) => deaths.push(error) });
    try {
      return (
        faultOfRows(file, state) ??
        (await faultOfRuns(storage, state, uuids)) ??
        (await faultOfTakingUp(storage, state))
      );
    } finally {
      await storage.close();
    }
  } catch (error) {
    return `it does not open: ${error}; ${deaths}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every row is as the last commit left it, and none is beside it. */
function faultOfRows(file: string, state: State): string | null {
  const database = new Database(file, { readonly: true });
  try {
    const check = database.query("pragma integrity_check").values().flat().join("; ");
    if (check !== "ok") return `its integrity check says ${check}`;
    return digestOf(database) === state.digest ? null : "a row differs from the last commit before the cut";
  } finally {
    database.close();
  }
}

async function faultOfRuns(storage: Storage, { runs }: State, uuids: string[]): Promise<string | null> {
  const found = await storage.findRuns(uuids.map((uuid) => ({ namespace: "default", uuid })));
  for (const [index, uuid] of uuids.entries()) {
    if (runs.has(uuid) === (found[index] === null)) return `run ${uuid} is ${runs.has(uuid) ? "gone" : "half there"}`;
  }
  return null;
}

/** What was held or due is claimed and goes on; what slept sleeps until its time. */
async function faultOfTakingUp(storage: Storage, { open }: State): Promise<string | null> {
  const worker = "after-the-cut";
  await storage.startLease({ worker, leaseMilliseconds: LEASE_MILLISECONDS });
  const claim = { claimId: worker, worker, maxBytes: NO_LIMIT_BYTES };
  const now = Date.now();
  const claimed = await storage.claimDue({ ...claim, limit: ALL, patienceMilliseconds: 0 });
  const tokens = new Map(claimed.map(({ uuid, token }) => [uuid, token]));
  for (const { uuid, dueAt, token } of open) {
    if (tokens.get(uuid) === token + 1) continue;
    if (tokens.has(uuid)) return `run ${uuid} was claimed with the token ${tokens.get(uuid)} after ${token}`;
    if (dueAt === null || dueAt <= now) return `run ${uuid} was held or due and can't be claimed`;
  }
  if (claimed.some(({ uuid }) => !open.some((run) => run.uuid === uuid))) return "a run that had ended was claimed";
  const end = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
  const outcomes = await storage.saveProgress(
    claimed.map(({ namespace, uuid, token, logLength: seq }) => ({
      namespace,
      uuid,
      token,
      seq,
      entries: null,
      crashes: 0,
      next: end,
    })),
  );
  return outcomes.every(({ kind }) => kind === "ok") ? null : "a run that was claimed can't be ended";
}
