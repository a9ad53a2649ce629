/**
 * What every cache has to do, whatever it is made of: one suite, run over each adapter.
 *
 * @example cacheContract("in process", async () => world);
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Cache, type KeptRun, LIFETIME, MAX_CHARACTERS } from "../../src/cache/port.ts";
import { newId } from "../../src/ids.ts";
import type { RunKey } from "../../src/schemas/runs/run.ts";
import type { RunRecord } from "../../src/storage/port.ts";

/** Caches that are up, one for each of two processes, and the time that they go by. */
export interface CacheWorld {
  /** The same one twice where it is not shared. */
  one: Cache;
  other: Cache;
  /** Lets so many milliseconds pass for what is kept. */
  pass(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export function runRecord(fields: Partial<RunRecord> = {}): RunRecord {
  const [uuid, workflowUuid] = [newId(Date.now()), newId(Date.now())];
  const run = { uuid, id: uuid, workflowUuid, workflowVersion: 3, status: "success" as const, payload: '{"n":1}' };
  const times = { createdAt: 1_900_000_000_000, startedAt: 1_900_000_000_001, completedAt: 1_900_000_000_002 };
  return {
    ...run,
    ...times,
    error: null,
    parentRunId: null,
    rootRunId: null,
    ...{ output: '{"n":1}', errorDetails: null, tags: null, startAt: null, priority: null },
    ...{ control: null, cancelReason: null, retryOf: null },
    stepResults: '{"ключ 🚚":{"NL":"\\n\\u2028"}}',
    log: "[]",
    ...fields,
  };
}

const NAMESPACE = "default";

export const keyOf = (uuid: string): RunKey => ({ namespace: NAMESPACE, uuid });

export const kept = (run: RunRecord): KeptRun => ({ namespace: NAMESPACE, run });

export async function get(cache: Cache, uuid: string): Promise<RunRecord | null> {
  return (await cache.read([keyOf(uuid)]))[0] ?? null;
}

/** Declares the tests of the suite for one adapter. Each test uses runs of its own. */
export function cacheContract(name: string, open: () => Promise<CacheWorld>): void {
  describe(name, () => {
    let world: CacheWorld;
    beforeAll(async () => {
      world = await open();
    }, 30_000);
    afterAll(() => world.close());

    test("a run is found as it was kept, and nothing else", async () => {
      const [run, nothing] = [runRecord(), newId(Date.now())];
      expect(await get(world.one, run.uuid)).toBeNull();
      await world.one.keep([kept(run)]);
      const found = await world.other.read([nothing, run.uuid, nothing].map(keyOf));
      expect(found).toEqual([null, run, null]);
    });

    test("a run is kept for its namespace alone", async () => {
      const [run, theirs] = [runRecord(), runRecord()];
      const key = { namespace: "theirs", uuid: run.uuid };
      await world.one.keep([kept(run)]);
      expect(await world.other.read([key])).toEqual([null]);
      await world.one.keep([{ namespace: "theirs", run: { ...theirs, uuid: run.uuid } }]);
      expect(await world.other.read([key, keyOf(run.uuid)])).toEqual([{ ...theirs, uuid: run.uuid }, run]);
    });

    test("it is gone after its lifetime", async () => {
      const run = runRecord();
      await world.one.keep([kept(run)]);
      await world.pass(LIFETIME - 1000);
      expect(await get(world.one, run.uuid)).not.toBeNull();
      await world.pass(1000);
      expect(await get(world.one, run.uuid)).toBeNull();
    });

    test("1,000 at once, and none", async () => {
      const runs = Array.from({ length: 1000 }, () => runRecord());
      await world.one.keep(runs.map(kept));
      expect(await world.one.read(runs.map(({ uuid }) => keyOf(uuid)))).toEqual(runs);
      await world.one.keep([]);
      expect(await world.one.read([])).toEqual([]);
    });

    test("what is too big is not kept, its neighbours are", async () => {
      const [big, small] = [runRecord({ payload: "x".repeat(MAX_CHARACTERS + 1) }), runRecord()];
      await world.one.keep([big, small].map(kept));
      expect(await world.one.read([big, small].map(({ uuid }) => keyOf(uuid)))).toEqual([null, small]);
    });
  });
}
