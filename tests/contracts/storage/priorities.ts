/** Runs that begin later, or before others: by their rows alone, since no message names them. */
import { expect } from "bun:test";
import { CLAIMS_IN_ORDER } from "../../../src/storage/port/runs/priorities.ts";
import type { NewRun } from "../../../src/storage/port.ts";
import { type Check, granted, MINUTE, NAMESPACE, progress, uuidsOf, type World } from "./kit.ts";

/** Longer than some inserts take. */
const LATER = 2000;
const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

/** Stores runs of one workflow, one after the other, and gives their uuids. */
async function stored(world: World, fields: Partial<NewRun>[]): Promise<string[]> {
  const workflow = await world.workflow();
  const items = fields.map((more) => world.newRun(workflow, more));
  for (const item of items) {
    for (const outcome of await world.storage.insertRuns([item])) granted(outcome);
    await world.pass(2);
  }
  return items.map(({ uuid }) => uuid);
}

/** As a sweeper does: it looks, then claims. */
async function claim(world: World, limit: number, patience = 0): Promise<string[]> {
  await world.storage.nextDue(patience);
  return uuidsOf(await world.claimDue(limit, undefined, undefined, patience));
}

/** Makes claims until one has taken what fell due first: the next ones go by the priority. */
async function afterOneInOrder(world: World): Promise<void> {
  const [low = "", ...others] = await stored(world, [{ priority: 1 }, ...Array(CLAIMS_IN_ORDER).fill({ priority: 5 })]);
  const claimed: string[] = [];
  while (!claimed.includes(low)) claimed.push(...(await claim(world, 1)));
  expect(claimed.length).toBeLessThanOrEqual(CLAIMS_IN_ORDER);
  // Another claim would count as one of them.
  await world.storage.requestControl(others.map((uuid) => ({ namespace: NAMESPACE, uuid, kind: "cancel" })));
}

export function priorityContract(check: Check): void {
  check("a run that begins later is pending and due then, and shows its time", async (world) => {
    const startAt = world.now() + LATER;
    const [uuid = ""] = await stored(world, [{ startAt, graceMilliseconds: 0 }]);
    expect(await world.find(uuid)).toMatchObject({ status: "pending", startedAt: null, startAt, priority: null });
    expect(await world.storage.nextDue(0)).toBe(startAt);
    expect(await claim(world, 9)).toEqual([]);
    await world.pass(Math.max(0, startAt - world.now()) + 20);
    expect(await claim(world, 9)).toEqual([uuid]);
    const page = await world.storage.listRuns({ namespace: NAMESPACE, limit: 9, order: "desc", after: null });
    expect(page).toMatchObject([{ uuid, startAt }]);
  });

  check("one whose time is over is due now, and what no message names is not left to messages", async (world) => {
    const [late = "", plain = ""] = await stored(world, [{ startAt: world.now() - MINUTE }, {}]);
    const due = await world.storage.nextDue(MINUTE);
    expect(due).toBeWithin(world.now() - MINUTE, world.now() + 1);
    expect(await claim(world, 9, MINUTE)).toEqual([late]);
    expect(await claim(world, 9)).toEqual([plain]);
  });

  check(
    "of the runs that are due those of a higher priority go first, then those that fell due first",
    async (world) => {
      await afterOneInOrder(world);
      const priorities = [1, undefined, 5, 3, 2, undefined, 4, 5, 1];
      const uuids = await stored(
        world,
        priorities.map((priority) => (priority === undefined ? {} : { priority })),
      );
      const claimed = await claim(world, 100);
      const ranks = claimed.map((uuid) => priorities[uuids.indexOf(uuid)] ?? 3);
      expect(ranks).toEqual([5, 5, 4, 3, 3, 3, 2, 1, 1]);
      expect(claimed.slice(0, 2)).toEqual([uuids[2] ?? "", uuids[7] ?? ""]);
      expect(claimed.slice(3, 6)).toEqual([uuids[1] ?? "", uuids[3] ?? "", uuids[5] ?? ""]);
      expect(await claim(world, 100)).toEqual([]);
    },
  );

  check("a claim takes no more than its limit, and leaves those of lower priorities", async (world) => {
    await afterOneInOrder(world);
    const uuids = await stored(world, [{ priority: 1 }, {}, { priority: 5 }, { priority: 4 }]);
    expect(await claim(world, 2)).toEqual([uuids[2] ?? "", uuids[3] ?? ""]);
    expect((await world.find(uuids[0] ?? "")).status).toBe("pending");
  });

  check("no message brings one before its time, or before those of higher priorities", async (world) => {
    const uuids = await stored(world, [{ startAt: world.now() + 60_000 }, { priority: 1 }, {}]);
    const { unclaimed } = await world.storage.findUnclaimed(
      uuids.map((uuid) => ({ namespace: NAMESPACE, uuid })),
      1_000_000,
    );
    expect(unclaimed.map(({ uuid }) => uuid)).toEqual([uuids[2] ?? ""]);
    const claimed = await world.claimByMessage(uuids);
    expect(claimed.map(({ uuid }) => uuid)).toEqual([uuids[2] ?? ""]);
  });

  check("no run waits for ever: of four claims one takes those that fell due first", async (world) => {
    await afterOneInOrder(world);
    const [low = "", ...others] = await stored(world, [
      { priority: 1 },
      ...Array(2 * CLAIMS_IN_ORDER).fill({ priority: 5 }),
    ]);
    const claimed: string[] = [];
    for (let count = 0; count < CLAIMS_IN_ORDER; count++) claimed.push(...(await claim(world, 1)));
    expect(claimed).toEqual([...others.slice(0, CLAIMS_IN_ORDER - 1), low]);
  });

  check("of those that are due at once a claim of each worker takes others", async (world) => {
    const uuids = await stored(world, [{ priority: 5 }, { priority: 1 }, {}, {}, { startAt: world.now() - 5 }]);
    const claims = await Promise.all(Array.from({ length: 6 }, () => claim(world, 1)));
    const all = claims.flat();
    while (all.length < uuids.length) all.push(...(await claim(world, 1)));
    expect(all.toSorted()).toEqual(uuids.toSorted());
  });

  check("a run keeps its priority when it is given back, and ends as others do", async (world) => {
    await afterOneInOrder(world);
    const workflow = await world.workflow();
    const items = [{}, { priority: 5 }].map((more) => world.newRun(workflow, more));
    for (const outcome of await world.storage.insertRuns(items)) granted(outcome);
    const [first, second] = [items[1]?.uuid ?? "", items[0]?.uuid ?? ""];
    await world.storage.nextDue(0);
    const held = await world.claimDue();
    for (const run of held) granted(await world.save(progress(run, { next: { kind: "due", dueAt: world.now() } })));
    await world.pass(5);
    await world.storage.nextDue(0);
    const again = await world.claimDue();
    expect(uuidsOf(again)).toEqual([first, second]);
    for (const run of again) granted(await world.save(progress(run, { next: END })));
    expect(await world.find(first)).toMatchObject({ status: "success", priority: 5 });
  });

  check("a run that takes turns stands in its line from its time on, and has its priority then", async (world) => {
    const workflow = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
    const turn = { line: "a", most: 1, onLimit: "queue" as const, rate: null };
    const make = (more: Partial<NewRun>) =>
      world.newRun(workflow, { preparedFor: { workflowUuid: workflow, version: 1 }, turn, ...more });
    const startAt = world.now() + LATER;
    const [later, now, rejected] = [
      make({ startAt, priority: 5 }),
      make({}),
      make({ startAt, turn: { ...turn, onLimit: "reject" } }),
    ];
    for (const item of [later, now, rejected]) {
      const [outcome] = await world.storage.insertRuns([item]);
      if (outcome === undefined) throw new Error("no outcome");
      expect(granted(outcome).waits ?? false).toBe(item !== now);
    }
    expect(await claim(world, 9)).toEqual([now.uuid]);
    expect((await world.storage.takeTurns([])).nextAt).toBeLessThanOrEqual(startAt + 1000);
    await world.pass(Math.max(0, startAt - world.now()) + 20);
    expect((await world.storage.takeTurns([])).begun).toEqual([]);
    granted(
      await world.save({
        ...{ namespace: NAMESPACE, uuid: now.uuid, token: 1, seq: 0, entries: null, crashes: 0 },
        next: END,
      }),
    );
    const { begun } = await world.storage.takeTurns([{ namespace: NAMESPACE, uuid: now.uuid }]);
    expect(uuidsOf(begun)).toEqual([later.uuid]);
    expect(await claim(world, 9)).toEqual([later.uuid]);
    expect(await world.find(later.uuid)).toMatchObject({ startAt, priority: 5, status: "running" });
  });
}
