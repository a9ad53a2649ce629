import type { Cache } from "../cache/port.ts";
import { cacheReads, replicaReads } from "../metrics/table.ts";
import type { EndedStatus, RunKey, RunStatus } from "../schemas/runs/run.ts";
import type { RunRecord, Storage } from "../storage/port.ts";
import type { ReadSource } from "./source.ts";

const hits = cacheReads.of({ result: "hit" });
const misses = cacheReads.of({ result: "miss" });
const unended = replicaReads.of({ outcome: "unended" });

const ENDED: ReadonlySet<RunStatus> = new Set<EndedStatus>(["success", "failed", "cancelled"]);

/** Runs from the cache, and those that it has not by one query. Runs that ended are kept for the next. */
export async function findRuns(
  storage: Storage,
  source: ReadSource,
  cache: Cache,
  keys: RunKey[],
): Promise<(RunRecord | null)[]> {
  const kept = await cache.read(keys);
  const missing = keys.filter((_, index) => !kept[index]);
  hits.add(keys.length - missing.length);
  misses.add(missing.length);
  if (missing.length === 0) return kept;
  const rows = await findRows(storage, source, missing);
  const ended = missing.flatMap(({ namespace }, index) => {
    const run = rows[index];
    return run && ENDED.has(run.status) ? [{ namespace, run }] : [];
  });
  if (ended.length > 0) cache.keep(ended);
  const found = rows.values();
  return kept.map((run) => run ?? found.next().value ?? null);
}

/** An end never changes, so a replica may tell it, however far behind it is. All else is asked of the primary. */
async function findRows(storage: Storage, source: ReadSource, keys: RunKey[]): Promise<(RunRecord | null)[]> {
  const copies = await source.copied((reads) => reads.findRuns(keys));
  if (copies === null) return storage.findRuns(keys);
  const ended = copies.map((copy) => (copy !== null && ENDED.has(copy.status) ? copy : null));
  const others = keys.filter((_, index) => !ended[index]);
  if (others.length === 0) return ended;
  unended.add();
  const found = (await storage.findRuns(others)).values();
  return ended.map((run) => run ?? found.next().value ?? null);
}
