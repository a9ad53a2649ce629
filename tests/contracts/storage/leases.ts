/** Leases of workers: theirs are the runs that they hold, until a lease is over. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { MOST_PROCESSES } from "../../../src/storage/port/runs/claims.ts";
import { type Check, granted, keysOf, MINUTE, NAMESPACE, only, present, progress, ROOM, uuidsOf } from "./kit.ts";

const LOST = { kind: "lost" } as const;
const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

export function leaseContract(check: Check): void {
  check("one renewal is for all that a worker holds, however it was claimed, and for no other's", async (world) => {
    const { storage } = world;
    const [mark, other] = [await world.mark(), await world.mark()];
    const mine = await world.runs(30);
    const claimed = await storage.claimByMessage({ ...mark, runs: keysOf(mine.slice(0, 20)), maxBytes: ROOM });
    const due = await storage.claimDue({ ...mark, limit: 10, maxBytes: ROOM, patienceMilliseconds: 0 });
    const inserted = await world.run({ claim: mark });
    const left = await world.run({ claim: other });
    expect([...claimed, ...due]).toHaveLength(30);
    granted(await storage.renewLease({ worker: mark.worker, leaseMilliseconds: MINUTE }));
    await world.endLease(other);
    expect(uuidsOf(await world.claimDue())).toEqual([left]);
    const saves = [...claimed, ...due, { ...only(claimed.slice(0, 1)), uuid: inserted }].map((run) => progress(run));
    for (const outcome of await storage.saveProgress(saves)) granted(outcome);
  });

  check("processes are listed while their leases last, with what they told of themselves last", async (world) => {
    const { storage } = world;
    const [silent, worker, api] = [(await world.mark()).worker, newId(world.now()), newId(world.now())];
    const about = {
      kind: "worker",
      version: "1.2.3",
      host: "a",
      startedAt: world.now() - MINUTE,
      underWay: 0,
      lateMilliseconds: 2,
    } as const;
    await storage.startLease({ worker, leaseMilliseconds: MINUTE, about });
    const ofApi = { ...about, kind: "api", host: "b", underWay: 3 } as const;
    await storage.startLease({ worker: api, leaseMilliseconds: MINUTE, about: ofApi });
    expect(await storage.listProcesses()).toEqual([
      {
        id: silent,
        kind: "worker",
        version: null,
        host: null,
        startedAt: null,
        underWay: null,
        lateMilliseconds: null,
      },
      { id: worker, ...about },
      { id: api, ...ofApi },
    ]);
    for (const [one, told] of [
      [worker, { ...about, underWay: 7, lateMilliseconds: 1200 }],
      [api, { ...ofApi, underWay: 0, lateMilliseconds: 0 }],
    ] as const) {
      granted(await storage.renewLease({ worker: one, leaseMilliseconds: MINUTE, about: told }));
      granted(await storage.renewLease({ worker: one, leaseMilliseconds: MINUTE }));
    }
    await world.endLease({ worker: silent, claimId: "" });
    expect(await storage.listProcesses()).toEqual([
      { id: worker, ...about, underWay: 7, lateMilliseconds: 1200 },
      { id: api, ...ofApi, underWay: 0, lateMilliseconds: 0 },
    ]);
    await world.endLease({ worker: api, claimId: "" });
    expect(await storage.listProcesses()).toEqual([{ id: worker, ...about, underWay: 7, lateMilliseconds: 1200 }]);
  });

  check("many processes of the API leave room in the list for workers", async (world) => {
    const { storage } = world;
    const about = { kind: "api", version: "1", host: "a", startedAt: 0, underWay: 0, lateMilliseconds: 0 } as const;
    const apis = Array.from({ length: MOST_PROCESSES + 1 }, () => newId(world.now()));
    for (const worker of apis) await storage.startLease({ worker, leaseMilliseconds: MINUTE, about });
    const { worker } = await world.mark();
    const listed = await storage.listProcesses();
    expect(listed.map(({ id }) => id)).toEqual([...apis.slice(0, MOST_PROCESSES), worker]);
  });

  check("a lease that is over is lost for good, and its runs are anybody's", async (world) => {
    const { storage } = world;
    const mark = await world.mark();
    const uuid = await world.run({ claim: mark });
    await world.endLease(mark);
    const lease = { worker: mark.worker, leaseMilliseconds: MINUTE };
    expect(await storage.renewLease(lease)).toEqual(LOST);
    await storage.startLease(lease);
    expect(await storage.renewLease(lease)).toEqual(LOST);
    expect(await storage.nextDue(0)).toBeLessThanOrEqual(world.now());
    const again = await world.mark();
    const limits = { limit: 10, maxBytes: ROOM, patienceMilliseconds: MINUTE };
    expect(await storage.claimDue({ ...again, ...limits })).toMatchObject([{ uuid, token: 2 }]);
    expect(await storage.renewLease({ ...lease, worker: newId(world.now()) })).toEqual(LOST);
    granted(await storage.renewLease({ worker: again.worker, leaseMilliseconds: MINUTE }));
  });

  check("a worker without a lease claims nothing: by message, when due, or with an insert", async (world) => {
    const { storage } = world;
    const over = await world.mark();
    await world.endLease(over);
    for (const mark of [over, { ...over, worker: newId(world.now()) }]) {
      const uuid = await world.run({ claim: mark });
      expect(await world.find(uuid)).toMatchObject({ status: "pending", startedAt: null });
      expect(await storage.claimByMessage({ ...mark, runs: keysOf([uuid]), maxBytes: ROOM })).toEqual([]);
      expect(await storage.claimDue({ ...mark, limit: 9, maxBytes: ROOM, patienceMilliseconds: 0 })).toEqual([]);
      expect(await world.claimByMessage([uuid])).toMatchObject([{ uuid, token: 1 }]);
    }
  });

  check("a worker is told what it holds, until it ends it, gives it back, or loses it", async (world) => {
    const { storage } = world;
    const mark = await world.mark();
    const runs = await storage.claimByMessage({ ...mark, runs: keysOf(await world.runs(3)), maxBytes: ROOM });
    const inserted = await world.run({ claim: mark });
    const held = async () => (await storage.heldBy(mark.worker)).sort((a, b) => (a.uuid < b.uuid ? -1 : 1));
    expect(uuidsOf(await held())).toEqual([...uuidsOf(runs), inserted].sort());
    const [ended, returned, kept] = runs.map((run) => present(run));
    const saves = [
      progress(present(ended), { next: END }),
      progress(present(returned), { next: { kind: "due", dueAt: world.now() + MINUTE } }),
      progress(present(kept), { crashes: 3 }),
    ];
    for (const outcome of await storage.saveProgress(saves)) granted(outcome);
    expect(await held()).toEqual([
      { namespace: NAMESPACE, uuid: present(kept).uuid, token: 1, crashes: 3 },
      { namespace: NAMESPACE, uuid: inserted, token: 1, crashes: 0 },
    ]);
    await world.endLease(mark);
    await world.claimDue();
    expect(await held()).toEqual([]);
  });

  check("starting a lease again changes nothing", async (world) => {
    const { storage } = world;
    const mark = await world.mark();
    await world.run({ claim: mark });
    const before = await storage.nextDue(0);
    await storage.startLease({ worker: mark.worker, leaseMilliseconds: 9 * MINUTE });
    expect(await storage.nextDue(0)).toBe(before);
  });

  check("of 2,500 runs of a worker that died, all are claimed, and each once", async (world) => {
    const claim = await world.mark();
    const uuids = await world.runs(2500, { claim });
    await world.endLease(claim);
    const taken: string[] = [];
    for (;;) {
      const claimed = await Promise.all([world.claimDue(400), world.claimDue(400)]);
      if (claimed.flat().length === 0) break;
      taken.push(...uuidsOf(claimed.flat()));
    }
    expect(taken.sort()).toEqual(uuids.toSorted());
  });
}
