/** Retention: runs that are over are dropped, nothing else is, whoever does it and whatever goes on meanwhile. */
import { expect } from "bun:test";
import {
  type Check,
  entriesText,
  granted,
  keysOf,
  MINUTE,
  NAMESPACE,
  only,
  pathsOf,
  progress,
  uuidsOf,
  type World,
} from "./kit.ts";

const DAY = 24 * 60 * MINUTE;
const END = { kind: "end", status: "failed", error: "no", stepResults: "{}" } as const;

/** Times that a storage is asked again which others use too much right now. */
const PASSES = 100;

/** Does all that there is to do, until nothing of these runs is left. `before` is so late that this month is over. */
async function dropAll(world: World, gone: string[], before = world.now() + 40 * DAY): Promise<void> {
  for (let pass = 0; pass < PASSES; pass++) {
    while (await world.storage.maintain(before));
    if ((await world.stored(gone)).length === 0) return;
    await Bun.sleep(20);
  }
  throw new Error("some runs were not dropped");
}

/** Runs that ended, each with a log. `workflow`: theirs, where it is to be a certain one. */
async function ended(world: World, count: number, workflow?: string): Promise<string[]> {
  const runs = workflow === undefined ? await world.runs(count) : await runsOf(world, workflow, count);
  const held = await world.claimByMessage(runs);
  const noted = held.map((run) => progress(run, { entries: entriesText("0") }));
  for (const outcome of await world.storage.saveProgress(noted)) granted(outcome);
  const ends = held.map((run) => progress({ ...run, logLength: 1 }, { next: END }));
  for (const outcome of await world.storage.saveProgress(ends)) granted(outcome);
  return uuidsOf(held);
}

async function runsOf(world: World, workflow: string, count: number): Promise<string[]> {
  const items = Array.from({ length: count }, () => world.newRun(workflow));
  for (const outcome of await world.storage.insertRuns(items)) granted(outcome);
  return items.map(({ uuid }) => uuid);
}

async function listed(world: World): Promise<string[]> {
  const page = { namespace: NAMESPACE, limit: 200, order: "desc", after: null } as const;
  return uuidsOf(await world.storage.listRuns(page));
}

export function retentionContract(check: Check): void {
  check("runs that are over are dropped, and nothing knows of them any more", async (world) => {
    const gone = await ended(world, 3);
    await dropAll(world, gone);
    expect(await world.findRuns(gone)).toEqual([null, null, null]);
    expect(await listed(world)).toEqual([]);
    expect(await world.storage.findUnclaimed(keysOf(gone), 1000)).toEqual({ unclaimed: [], taken: [] });
    expect(await world.claimByMessage(gone)).toEqual([]);
    const requests = gone.map((uuid) => ({ namespace: NAMESPACE, uuid, kind: "cancel" as const }));
    for (const outcome of await world.storage.requestControl(requests)) {
      expect(outcome).toMatchObject({ kind: "error", code: "run_not_found" });
    }
  });

  check("runs that are not over stay, and go on as if nothing was", async (world) => {
    const gone = await ended(world, 1);
    const pending = await world.run();
    const held = await world.held();
    const asleep = await world.held();
    granted(await world.save(progress(asleep, { entries: entriesText("0", "1") })));
    const next = { kind: "due", dueAt: world.now() + 100 } as const;
    granted(await world.save(progress({ ...asleep, logLength: 1 }, { entries: entriesText("2"), next })));
    await dropAll(world, gone);
    expect((await listed(world)).sort()).toEqual([pending, held.uuid, asleep.uuid].sort());
    const found = await world.find(asleep.uuid);
    expect(found).toMatchObject({ status: "running" });
    expect(pathsOf(found)).toEqual(["0", "1", "2"]);
    granted(await world.save(progress(held, { next: END })));
    expect(await world.find(held.uuid)).toMatchObject({ status: "failed", error: "no" });
    await world.pass(200);
    const due = await world.claimDue();
    expect(uuidsOf(due).sort()).toEqual([pending, asleep.uuid].sort());
    const awake = only(due.filter(({ uuid }) => uuid === asleep.uuid));
    expect(pathsOf(awake)).toEqual(["0", "1", "2"]);
    granted(await world.save(progress(awake, { entries: entriesText("3") })));
    granted(await world.save(progress({ ...awake, logLength: 3 }, { next: END })));
    expect(await world.find(asleep.uuid)).toMatchObject({ status: "failed" });
    // And then they are over, too.
    await dropAll(world, [held.uuid, asleep.uuid]);
    expect(await listed(world)).toEqual([pending]);
  });

  check("what ended since then stays, and nothing is dropped where nothing is to be", async (world) => {
    const kept = await ended(world, 2);
    for (const before of [null, 0, world.now() - MINUTE]) {
      while (await world.storage.maintain(before));
    }
    expect(await world.stored(kept)).toEqual(kept.toSorted());
  });

  check(
    "runs of a workflow that keeps them for fewer days go before others, and those that are not over stay",
    async (world) => {
      const { storage } = world;
      const days = (retention: number) => ({ options: { text: JSON.stringify({ retention }), preparesRuns: false } });
      const [brief, long] = [await world.workflow(days(2)), await world.workflow(days(30))];
      const gone = await ended(world, 3, brief);
      const kept = [...(await runsOf(world, brief, 1)), ...(await ended(world, 1, long)), ...(await ended(world, 2))];
      while (await storage.maintain(null, world.now() + 2 * DAY - MINUTE));
      expect(await world.stored(gone)).toEqual(gone.toSorted());
      // Without a time nothing is told by days.
      while (await storage.maintain(null));
      while (await storage.maintain(null, world.now() + 3 * DAY));
      expect(await world.stored([...gone, ...kept])).toEqual(kept.toSorted());
      expect(await world.findRuns(gone)).toEqual([null, null, null]);
      // What is newest of a workflow counts for all of its runs, and no days are longer than those of all runs.
      const change = { namespace: NAMESPACE, id: undefined, name: "w", description: null, steps: "[]" };
      granted(only(await storage.updateWorkflows([{ ...change, reference: long, ...days(1) }])));
      await world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference: long }]);
      await world.pass(2);
      while (await storage.maintain(null, world.now() + 5 * DAY));
      expect(await world.findRuns(kept)).toMatchObject([{ status: "pending" }, null, {}, {}]);
    },
  );

  check("several may do it at once while runs are stored, end and are read", async (world) => {
    const gone = await ended(world, 150);
    const before = world.now() + 40 * DAY;
    const open = await world.runs(5);
    const stored: string[] = [];
    let over = false;
    const maintain = async () => {
      while (await world.storage.maintain(before));
    };
    const work = async () => {
      while (!over) {
        const uuids = await world.runs(3, { graceMilliseconds: MINUTE });
        const [first, ...others] = await world.claimByMessage(uuids);
        if (first !== undefined) granted(await world.save(progress(first, { next: END })));
        stored.push(...uuidsOf(others));
        await Bun.sleep(1);
      }
    };
    const read = async () => {
      while (!over) {
        const seen = new Set<string>();
        let after: string | null = null;
        for (;;) {
          const rows = await world.storage.listRuns({ namespace: NAMESPACE, limit: 20, order: "desc", after });
          for (const { uuid } of rows) seen.add(uuid);
          after = rows.at(-1)?.uuid ?? null;
          if (after === null) break;
        }
        for (const uuid of open) expect(seen).toContain(uuid);
        await Bun.sleep(1);
      }
    };
    const others = [work(), read()];
    await Promise.all([maintain(), maintain(), maintain()]);
    await dropAll(world, gone, before);
    over = true;
    await Promise.all(others);
    const there = new Set(await world.stored([...open, ...stored]));
    expect([...open, ...stored].filter((uuid) => !there.has(uuid))).toEqual([]);
  });
}
