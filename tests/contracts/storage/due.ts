/** What is due: its order, its limits, and when the next falls due. */
import { expect } from "bun:test";
import type { ClaimedRun, Progress } from "../../../src/storage/port.ts";
import {
  type Check,
  entriesText,
  granted,
  MINUTE,
  only,
  progress,
  ROOM,
  SHORT_LEASE,
  uuidsOf,
  type World,
} from "./kit.ts";

/** How long ago, in this order of storing, runs fell due. */
const AGES = [300, 900, 100, 700, 500, 800, 200];

const asleep = (dueAt: number): Progress["next"] => ({ kind: "due", dueAt });

/** Gives claimed runs back, so that each fell due so many milliseconds ago. */
async function giveBack(world: World, runs: ClaimedRun[], ages: number[], entries: string | null = null) {
  const now = world.now();
  const items = runs.map((run, index) => progress(run, { entries, next: asleep(now - (ages[index] ?? 0)) }));
  for (const outcome of await world.storage.saveProgress(items)) granted(outcome);
}

async function dueRuns(world: World, payloads: string[], entries: string | null = null): Promise<string[]> {
  const runs: ClaimedRun[] = [];
  for (const payload of payloads) runs.push(await world.held({ payload }));
  const ages = payloads.map((_, index) => 1000 - index);
  await giveBack(world, runs, ages, entries);
  return uuidsOf(runs);
}

export function dueContract(check: Check): void {
  check("what is due is taken in the order in which it fell due, as many as asked for", async (world) => {
    const uuids = await world.runs(AGES.length);
    const runs = await world.claimByMessage(uuids);
    runs.sort((a, b) => uuids.indexOf(a.uuid) - uuids.indexOf(b.uuid));
    await giveBack(world, runs, AGES);
    const oldestFirst = AGES.toSorted((a, b) => b - a).map((age) => uuids[AGES.indexOf(age)]);
    const taken: (string | undefined)[] = [];
    for (const limit of [3, 1, 10]) taken.push(...uuidsOf(await world.claimDue(limit)));
    expect(taken).toEqual(oldestFirst);
    expect(await world.claimDue()).toEqual([]);
  });

  const big = JSON.stringify("x".repeat(1000));
  const log = JSON.stringify([["0", { output: "x".repeat(1000) }, null]]);
  // The run at the limit may be taken or left, so long as the claim stops there.
  const room: { name: string; payloads: string[]; log: string | null; maxBytes: number; taken: [number, number] }[] = [
    { name: "no room: the first and no more", payloads: Array(3).fill(big), log: null, maxBytes: 1, taken: [1, 1] },
    { name: "payloads of 1 kB in 3.5 kB", payloads: Array(9).fill(big), log: null, maxBytes: 3500, taken: [3, 4] },
    { name: "logs take room too", payloads: Array(9).fill("1"), log, maxBytes: 3500, taken: [3, 4] },
    { name: "room for all", payloads: Array(9).fill(big), log, maxBytes: 30_000, taken: [9, 9] },
    { name: "what does not fit lets none pass it", payloads: ["1", big, "1"], log: null, maxBytes: 500, taken: [1, 2] },
  ];
  for (const { name, payloads, log, maxBytes, taken } of room) {
    check(`maxBytes: ${name}`, async (world) => {
      const uuids = await dueRuns(world, payloads, log);
      const claimed = uuidsOf(await world.claimDue(10, maxBytes));
      expect(claimed.length).toBeWithin(taken[0], taken[1] + 1);
      // What is left stays due, in its order.
      expect([...claimed, ...uuidsOf(await world.claimDue())]).toEqual(uuids);
    });
  }

  check("maxBytes bounds a message's claim too, and what it leaves can still be claimed by one", async (world) => {
    const uuids = await world.runs(9, { payload: big });
    for (const [maxBytes, least, most] of [
      [1, 1, 1],
      [3500, 3, 4],
    ] as const) {
      expect((await world.claimByMessage(uuids, MINUTE, maxBytes)).length).toBeWithin(least, most + 1);
    }
    await world.claimByMessage(uuids);
    const found = await world.findRuns(uuids);
    expect(found.map((run) => run?.status)).toEqual(uuids.map(() => "running"));
    expect(await world.claimDue()).toEqual([]);
  });

  check("what is leased, asleep or ended is not due", async (world) => {
    const [leased, sleeping, ended, expired] = [
      await world.held(),
      await world.held(),
      await world.held(),
      await world.held({}, SHORT_LEASE),
    ];
    granted(await world.save(progress(sleeping, { next: asleep(world.now() + MINUTE) })));
    const end: Progress["next"] = { kind: "end", status: "failed", error: "no", stepResults: "{}" };
    granted(await world.save(progress(ended, { next: end })));
    await world.pass(SHORT_LEASE * 2);
    expect(uuidsOf(await world.claimDue())).toEqual([expired.uuid]);
    expect(await world.claimDue()).toEqual([]);
    expect(await world.find(leased.uuid)).toMatchObject({ status: "running" });
    expect(await world.find(sleeping.uuid)).toMatchObject({ status: "running" });
    expect(await world.find(ended.uuid)).toMatchObject({ status: "failed" });
  });

  check("a sleeping run is due when its time has come, and not before", async (world) => {
    const run = await world.held();
    const wakeAt = world.now() + 60;
    granted(await world.save(progress(run, { entries: entriesText("0"), next: asleep(wakeAt) })));
    for (;;) {
      const [woken] = await world.claimDue();
      // Read after the claim: a claim that came too early would be seen, a slow machine does no harm.
      if (woken !== undefined) {
        expect(world.now()).toBeGreaterThanOrEqual(wakeAt);
        expect(woken).toMatchObject({ uuid: run.uuid, token: 2, logLength: 1 });
        break;
      }
      expect(world.now()).toBeLessThan(wakeAt + 10_000);
      await world.pass(5);
    }
  });

  check("nextDue is the soonest of grace, lease and sleep, and null when nothing is left", async (world) => {
    const { storage } = world;
    expect(await storage.nextDue(0)).toBeNull();
    const before = world.now();
    const uuid = await world.run({ graceMilliseconds: 3 * MINUTE });
    expect(await storage.nextDue(0)).toBeWithin(before + 3 * MINUTE, world.now() + 3 * MINUTE + 1);

    const claimedAt = world.now();
    const run = only(await world.claimByMessage([uuid], 2 * MINUTE));
    expect(await storage.nextDue(0)).toBeWithin(claimedAt + 2 * MINUTE, world.now() + 2 * MINUTE + 1);

    const wakeAt = world.now() + 5 * MINUTE;
    granted(await world.save(progress(run, { next: asleep(wakeAt) })));
    expect(await storage.nextDue(0)).toBe(wakeAt);

    const other = await world.held();
    granted(await world.save(progress(other, { next: asleep(wakeAt - 1) })));
    expect(await storage.nextDue(0)).toBe(wakeAt - 1);
    const overdue = await world.held();
    granted(await world.save(progress(overdue, { next: asleep(world.now() - 7) })));
    const taken = only(await world.claimDue());
    granted(
      await world.save(progress(taken, { next: { kind: "end", status: "success", error: null, stepResults: "{}" } })),
    );
    expect(await storage.nextDue(0)).toBe(wakeAt - 1);
  });

  check(
    "with patience new runs are left alone until they are that much overdue, whatever else is due",
    async (world) => {
      const { storage } = world;
      const before = world.now();
      const uuid = await world.run({ graceMilliseconds: 0 });
      const held = await world.held();
      expect(await storage.nextDue(MINUTE)).toBeWithin(before + MINUTE, world.now() + MINUTE + 1);
      const wokeAt = world.now() - 5;
      granted(await world.save(progress(held, { next: asleep(wokeAt) })));
      expect(await storage.nextDue(MINUTE)).toBe(wokeAt);
      expect(uuidsOf(await world.claimDue(10, ROOM, MINUTE, MINUTE))).toEqual([held.uuid]);
      expect(await world.claimDue(10, ROOM, MINUTE, MINUTE)).toEqual([]);
      await world.pass(SHORT_LEASE);
      expect(await storage.nextDue(SHORT_LEASE)).toBeWithin(before + SHORT_LEASE, world.now() + 1);
      expect(await world.claimDue(10, ROOM, MINUTE, SHORT_LEASE)).toMatchObject([{ uuid, token: 1 }]);
    },
  );

  check("nextDue is null once every run ended", async (world) => {
    const run = await world.held();
    const end: Progress["next"] = { kind: "end", status: "cancelled", error: null, stepResults: "{}" };
    granted(await world.save(progress(run, { next: end })));
    expect(await world.storage.nextDue(0)).toBeNull();
  });

  check("a renewal moves the end of the lease", async (world) => {
    const run = await world.held({}, MINUTE);
    const before = world.now();
    granted(await world.renew(run, 5 * MINUTE));
    expect(await world.storage.nextDue(0)).toBeWithin(before + 5 * MINUTE, world.now() + 5 * MINUTE + 1);
    granted(await world.renew(run, SHORT_LEASE));
    await world.pass(SHORT_LEASE * 2);
    expect(await world.claimDue()).toMatchObject([{ uuid: run.uuid, token: 2 }]);
  });
}
