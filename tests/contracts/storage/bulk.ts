/** Actions upon many runs: what is done to runs is stored with how far an action has come, or neither is. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { BulkMove, BulkRecord, NewBulk } from "../../../src/storage/port.ts";
import { type Check, entriesText, granted, MINUTE, NAMESPACE, only, present, progress, type World } from "./kit.ts";
import { retryOf } from "./retries.ts";

const newBulk = (world: World, fields: Partial<NewBulk> = {}): NewBulk => ({
  uuid: newId(world.now()),
  namespace: NAMESPACE,
  action: "cancel",
  settings: { filter: { statuses: ["running"] }, reason: "wrong" },
  ...fields,
});

/** A step that goes nowhere and does nothing, but for what is given. */
const moveOf = ({ uuid, revision, status, after }: BulkRecord, fields: Partial<BulkMove> = {}): BulkMove => ({
  ...{ bulk: uuid, revision, to: { status, after }, restMilliseconds: 0 },
  ...{ counted: 0, refused: [], retries: [], requests: [] },
  ...fields,
});

async function stored(world: World, fields: Partial<NewBulk> = {}): Promise<BulkRecord> {
  const item = newBulk(world, fields);
  expect(await world.storage.bulk.insert(item)).toBe(true);
  return present(await world.storage.bulk.find(item));
}

/** Runs of which each was started by the one before, and is waited for by it. */
async function familyOf(world: World, generations: number): Promise<string[]> {
  const workflow = await world.workflow();
  const family = [await world.run()];
  for (const uuid of family) {
    if (family.length === generations) break;
    const run = present((await world.claimDue()).find((one) => one.uuid === uuid));
    const child = { uuid: null, path: "0", workflow, version: null, payload: "{}", isAwaited: true, isCancelled: true };
    const next = { kind: "due", dueAt: null } as const;
    granted(await world.save(progress(run, { entries: entriesText("0"), children: [child], next })));
    family.push(only(only(await world.storage.findAwaited([uuid]))).uuid);
  }
  return family;
}

const cancels = (uuids: string[]) => uuids.map((uuid) => ({ namespace: NAMESPACE, uuid, kind: "cancel" as const }));

export function bulkContract(check: Check): void {
  check("an action is found as it was asked, counted from the beginning", async (world) => {
    const { bulk } = world.storage;
    const item = newBulk(world);
    expect(await bulk.insert(item)).toBe(true);
    const found = {
      ...{ ...item, status: "counting" as const, after: null, total: 0, done: 0, failed: 0, errors: {}, revision: 1 },
      ...{ createdAt: expect.any(Number), endedAt: null },
    };
    expect(await bulk.find(item)).toEqual(found);
    expect(await bulk.find({ ...item, namespace: "others" })).toBeNull();
    expect(await bulk.find({ namespace: NAMESPACE, uuid: "no uuid" })).toBeNull();
    expect(await bulk.stop({ ...item, namespace: "others" })).toMatchObject({ code: "bulk_not_found" });
    expect(await bulk.stop({ namespace: NAMESPACE, uuid: "no uuid" })).toMatchObject({ code: "bulk_not_found" });
  });

  check("the key of a request is stored with its action, or neither is", async (world) => {
    const { bulk, findRequestKeys } = world.storage;
    const requestKey = { namespace: NAMESPACE, route: "runs bulk", key: "one", hash: "h" };
    const items = Array.from({ length: 6 }, () => newBulk(world, { requestKey }));
    const stored = await Promise.all(items.map((item) => bulk.insert(item)));
    expect(stored.filter((isStored) => isStored)).toHaveLength(1);
    const { uuid } = present(items[stored.indexOf(true)]);
    expect(await findRequestKeys([requestKey])).toEqual([{ hash: "h", answer: uuid }]);
    expect((await Promise.all(items.map((item) => bulk.find(item)))).filter((found) => found !== null)).toHaveLength(1);
    expect(await bulk.insert(newBulk(world))).toBe(true);
  });

  check("one that is due is for one process, until it is moved or its time is over", async (world) => {
    const { bulk } = world.storage;
    expect(await bulk.nextDue()).toBeNull();
    expect(await bulk.claimDue(MINUTE)).toBeNull();
    const action = await stored(world);
    expect(present(await bulk.nextDue())).toBeLessThanOrEqual(world.now());
    expect(await bulk.claimDue(MINUTE)).toEqual(action);
    expect(await bulk.claimDue(MINUTE)).toBeNull();
    expect(present(await bulk.nextDue())).toBeGreaterThan(world.now());
    granted(await bulk.move(moveOf(action, { counted: 7, restMilliseconds: 0 })));
    await world.pass(5);
    const again = present(await bulk.claimDue(20));
    expect(again).toEqual({ ...action, total: 7, revision: 2 });
    await world.pass(50);
    expect(await bulk.claimDue(MINUTE)).toEqual(again);
    granted(await bulk.move(moveOf(again, { to: { status: "done", after: null }, restMilliseconds: null })));
    expect(await bulk.nextDue()).toBeNull();
    expect(await bulk.find(action)).toMatchObject({ status: "done", total: 7 });
  });

  check("requests are carried out with a move, each counted as what came of it", async (world) => {
    const { bulk } = world.storage;
    const action = await stored(world);
    const [waiting, held, over] = await world.runs(3);
    const claimed = await world.claimByMessage([present(held), present(over)]);
    const end = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
    granted(await world.save(progress(present(claimed.find(({ uuid }) => uuid === over)), { next: end })));
    const gone = newId(world.now());
    const requests = cancels([present(waiting), present(held), present(over), gone]);
    const to = { status: "running", after: gone } as const;
    const refused = [{ code: "run_undone", run: present(held), subject: "a" }] as const;
    const { asked } = granted(await bulk.move(moveOf(action, { to, counted: 2, refused: [...refused], requests })));
    expect(asked).toEqual(["cancelled", "requested", "over", null]);
    const errors = {
      run_undone: { count: 1, run: present(held), subject: "a" },
      run_ended: { count: 1, run: present(over), subject: "" },
      run_not_found: { count: 1, run: gone, subject: "" },
    };
    // More than were counted: they came to fit meanwhile.
    expect(await bulk.find(action)).toEqual({ ...action, ...to, total: 5, done: 2, failed: 3, errors, revision: 2 });
    expect(await world.find(present(waiting))).toMatchObject({ status: "cancelled" });
  });

  check("runs stand still and go on by moves as well", async (world) => {
    const { bulk } = world.storage;
    const runs = await world.runs(3);
    for (const [kind, result, status] of [
      ["pause", "paused", "paused"],
      ["resume", "resumed", "pending"],
    ] as const) {
      const action = await stored(world, { action: kind, settings: { filter: {} } });
      const requests = runs.map((uuid) => ({ namespace: NAMESPACE, uuid, kind }));
      const { asked } = granted(await bulk.move(moveOf(action, { requests })));
      expect(asked).toEqual([result, result, result]);
      for (const run of runs) expect(await world.find(run)).toMatchObject({ status });
      expect(await bulk.find(action)).toMatchObject({ done: 3, failed: 0 });
    }
  });

  check("a family of many generations is cancelled by one move", async (world) => {
    const { bulk } = world.storage;
    const family = await familyOf(world, 9);
    const action = await stored(world);
    const { asked } = granted(await bulk.move(moveOf(action, { requests: cancels(family.toReversed()) })));
    // The youngest has begun nothing; the others end once their children have.
    expect(asked).toEqual(["cancelled", ...Array(8).fill("requested")]);
    expect(await bulk.find(action)).toMatchObject({ total: 9, done: 9, failed: 0, errors: {} });
  });

  check("retries are stored with a move; those that are refused are counted", async (world) => {
    const { bulk } = world.storage;
    const action = await stored(world, { action: "retry", settings: { filter: {}, from: "a", version: "latest" } });
    const workflowUuid = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
    const turn = { line: "a", most: 1, onLimit: "reject", rate: null } as const;
    const retries = [
      await retryOf(world),
      await retryOf(world, { version: 2 }),
      await retryOf(world, { workflowUuid, turn }),
      await retryOf(world, { workflowUuid, turn }),
      await retryOf(world),
    ].map((item) => ({ ...item, uuid: null }));
    const { retried } = granted(await bulk.move(moveOf(action, { retries })));
    expect<string[]>(retried.map((one) => (one.kind === "error" ? one.code : one.kind))).toEqual([
      "ok",
      "version_not_found",
      "ok",
      "concurrency_limit",
      "ok",
    ]);
    const refusedAs = (index: number, subject: string) => ({ count: 1, run: retries[index]?.retryOf, subject });
    expect(await bulk.find(action)).toMatchObject({
      ...{ total: 5, done: 3, failed: 2 },
      errors: { version_not_found: refusedAs(1, "version 2"), concurrency_limit: refusedAs(3, "1") },
    });
    const { uuid } = granted(present(retried[0]));
    expect(await world.find(uuid)).toMatchObject({ status: "pending", retryOf: present(retries[0]).retryOf });
  });

  check(
    "why runs can't be acted upon is counted from step to step, with the first run of each reason",
    async (world) => {
      const { bulk } = world.storage;
      const action = await stored(world);
      const refusal = (code: "run_undone" | "internal", run: string) => ({ code, run, subject: `of ${run}` });
      const runs = Array.from({ length: 5 }, () => newId(world.now()));
      const [a = "", b = "", c = "", d = "", e = ""] = runs;
      const first = [refusal("run_undone", a), refusal("run_undone", b), refusal("internal", c)];
      granted(await bulk.move(moveOf(action, { refused: first })));
      const moved = present(await bulk.find(action));
      granted(await bulk.move(moveOf(moved, { refused: [refusal("run_undone", d), refusal("internal", e)] })));
      expect(await bulk.find(action)).toMatchObject({
        failed: 5,
        errors: {
          run_undone: { count: 3, run: a, subject: `of ${a}` },
          internal: { count: 2, run: c, subject: `of ${c}` },
        },
      });
    },
  );

  check("actions are listed by pages, newest first", async (world) => {
    const { bulk } = world.storage;
    const actions: BulkRecord[] = [];
    for (let n = 0; n < 3; n++) actions.unshift(await stored(world));
    const page = (after: string | null, limit: number) => bulk.list({ namespace: NAMESPACE, after, limit });
    expect(await page(null, 2)).toEqual(actions.slice(0, 2));
    expect(await page(present(actions[1]).uuid, 9)).toEqual(actions.slice(2));
    expect(await page(present(actions[2]).uuid, 9)).toEqual([]);
    expect(await bulk.list({ namespace: "others", after: null, limit: 9 })).toEqual([]);
    granted(await bulk.stop(present(actions[1])));
    const [, stopped] = await page(null, 9);
    expect(stopped).toMatchObject({ status: "stopped", endedAt: expect.any(Number) });
  });

  check("what was decided by an earlier revision is not stored, nor is anything behind a stop", async (world) => {
    const { bulk } = world.storage;
    const action = await stored(world, { action: "retry", settings: { filter: {} } });
    const step = async () => moveOf(action, { retries: [{ ...(await retryOf(world)), uuid: null }] });
    const both = await Promise.all([await step(), await step()].map((move) => bulk.move(move)));
    expect(both.map(({ kind }) => kind).toSorted()).toEqual(["lost", "ok"]);
    const moved = present(await bulk.find(action));
    expect(moved).toMatchObject({ done: 1, total: 1, revision: 2 });
    const stopped = granted(await bulk.stop(action));
    expect(stopped).toMatchObject({ status: "stopped", done: 1 });
    const late = { ...moveOf(moved), retries: [{ ...(await retryOf(world)), uuid: null }] };
    expect(await bulk.move(late)).toEqual({ kind: "lost" });
    expect(await bulk.move({ ...moveOf(moved), requests: cancels(await world.runs(1)) })).toEqual({ kind: "lost" });
    expect(granted(await bulk.stop(action))).toEqual(stopped);
    expect(await bulk.claimDue(MINUTE)).toBeNull();
  });

  check("those that ended are removed when runs of that time are", async (world) => {
    const { bulk } = world.storage;
    const [open, over] = [await stored(world), await stored(world)];
    granted(await bulk.stop(over));
    await world.pass(5);
    await world.storage.maintain(null);
    await world.storage.maintain(world.now() - MINUTE);
    expect(await bulk.find(over)).not.toBeNull();
    for (let step = 0; step < 50 && (await world.storage.maintain(world.now())); step++);
    expect(await bulk.find(over)).toBeNull();
    expect(await bulk.find(open)).not.toBeNull();
  });

  check("the runs that try a run again are found", async (world) => {
    const [first, second] = [await retryOf(world), await retryOf(world)];
    for (const outcome of await world.storage.insertRetries([first, second])) granted(outcome);
    const look = { namespace: NAMESPACE, order: "desc", after: null, limit: 10, most: 100 } as const;
    const found = async (retryOf: string) =>
      (await world.storage.lookForRuns({ ...look, filter: { retryOf } })).runs.map(({ uuid }) => uuid);
    expect(await found(first.retryOf)).toEqual([first.uuid]);
    expect(await found(first.uuid)).toEqual([]);
    expect(only(await found(second.retryOf))).toBe(second.uuid);
  });
}
