/** Control of runs from outside: cancelled at once where nobody holds them, else through their holders. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { ControlRequest } from "../../../src/schemas/control/control.ts";
import type { ClaimedRun } from "../../../src/storage/port.ts";
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
  ROOM,
  uuidsOf,
  type World,
} from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

const cancel = (uuid: string, namespace = NAMESPACE): ControlRequest => ({ namespace, uuid, kind: "cancel" });

/** A run that sleeps for a minute, with an entry in its log. */
async function asleep(world: World, workflow?: string): Promise<ClaimedRun> {
  const item = world.newRun(workflow ?? (await world.workflow()));
  granted(only(await world.storage.insertRuns([item])));
  const run = only(await world.claimByMessage([item.uuid]));
  const next = { kind: "due", dueAt: world.now() + MINUTE } as const;
  granted(await world.save(progress(run, { entries: entriesText("0"), next })));
  return run;
}

export function controlContract(check: Check): void {
  check(
    "a run that nobody holds is cancelled at once: new, asleep, or due; nobody claims it any more",
    async (world) => {
      const { storage } = world;
      const pending = await world.run();
      const [asleep, back] = [await world.held(), await world.held()];
      const next = (milliseconds: number) => ({ kind: "due", dueAt: world.now() + milliseconds }) as const;
      granted(await world.save(progress(asleep, { entries: entriesText("0"), crashes: 2, next: next(MINUTE) })));
      granted(await world.save(progress(back, { next: next(-1) })));
      const uuids = [pending, asleep.uuid, back.uuid];
      const { startedAt } = await world.find(asleep.uuid);
      expect((await storage.requestControl(uuids.map((uuid) => cancel(uuid)))).map(granted)).toEqual(
        uuids.map(() => "cancelled"),
      );
      for (const uuid of uuids) {
        const run = await world.find(uuid);
        expect(run).toMatchObject({ status: "cancelled", error: null, stepResults: null });
        expect(run.completedAt).toBeWithin(run.createdAt, world.now() + 1);
      }
      const cancelled = await world.find(asleep.uuid);
      expect(cancelled.startedAt).toBe(startedAt);
      // What it did stays to be seen.
      expect(pathsOf(cancelled)).toEqual(["0"]);
      expect((await world.find(pending)).startedAt).toBeNull();
      expect(await world.claimDue()).toEqual([]);
      expect(await world.claimByMessage(uuids)).toEqual([]);
      expect(await storage.nextDue(0)).toBeNull();
      expect(await world.save(progress(back, { next: END }))).toEqual({ kind: "lost" });
      const unclaimed = progress({ uuid: pending, token: 0, logLength: 0 }, { startedAt: world.now(), next: END });
      expect(await world.save(unclaimed)).toEqual({ kind: "lost" });
      expect((await world.find(pending)).status).toBe("cancelled");
    },
  );

  check("of a run that is held its holder is told, which goes on holding it", async (world) => {
    const { storage } = world;
    const [mark, other] = [await world.mark(), await world.mark()];
    const [wanted, left] = await storage.claimByMessage({ ...mark, runs: keysOf(await world.runs(2)), maxBytes: ROOM });
    await world.run({ claim: other });
    if (wanted === undefined || left === undefined) throw new Error("two runs are claimed");
    expect(await storage.controlOf(mark.worker)).toEqual([]);
    for (let time = 0; time < 2; time++) {
      expect(granted(only(await storage.requestControl([cancel(wanted.uuid)])))).toBe("requested");
      expect(await storage.controlOf(mark.worker)).toEqual([
        { namespace: NAMESPACE, uuid: wanted.uuid, token: wanted.token, kind: "cancel", compensates: true },
      ]);
      expect(await storage.controlOf(other.worker)).toEqual([]);
    }
    expect(await world.find(wanted.uuid)).toMatchObject({ status: "running", completedAt: null });
    granted(await world.save(progress(wanted, { entries: entriesText("0") })));
    const next = { ...END, status: "cancelled", error: "cancelled" } as const;
    granted(await world.save(progress({ ...wanted, logLength: 1 }, { next })));
    expect(await storage.controlOf(mark.worker)).toEqual([]);
    expect(await world.find(wanted.uuid)).toMatchObject({ status: "cancelled", error: "cancelled", log: "[]" });
    expect(uuidsOf(await storage.heldBy(mark.worker))).toEqual([left.uuid]);
  });

  check("a run with a request that is given back to sleep is due at once", async (world) => {
    const { storage } = world;
    const run = await world.held();
    granted(only(await storage.requestControl([cancel(run.uuid)])));
    granted(await world.save(progress(run, { next: { kind: "due", dueAt: world.now() + MINUTE } })));
    expect(uuidsOf(await world.claimDue())).toEqual([run.uuid]);
  });

  check("a request stays with a run whose holder dies, and the next one is told", async (world) => {
    const { storage } = world;
    const [mark, next] = [await world.mark(), await world.mark()];
    const uuid = await world.run({ claim: mark });
    granted(only(await storage.requestControl([cancel(uuid)])));
    await world.endLease(mark);
    await storage.claimDue({ ...next, limit: 10, maxBytes: ROOM, patienceMilliseconds: 0 });
    expect(await storage.controlOf(mark.worker)).toEqual([]);
    expect(await storage.controlOf(next.worker)).toEqual([
      { namespace: NAMESPACE, uuid, token: 2, kind: "cancel", compensates: true },
    ]);
  });

  check(
    "one that may have something to undo, or runs to wait for, is due, and ended by whoever claims it",
    async (world) => {
      const { storage } = world;
      const undoes = await world.workflow({ steps: '[{"name":"a","type":"delay","compensate":{}}]' });
      const [begun, bare, forbidden] = await Promise.all([asleep(world, undoes), asleep(world), asleep(world, undoes)]);
      const fresh = world.newRun(undoes);
      granted(only(await storage.insertRuns([fresh])));
      const outcomes = await storage.requestControl([
        { ...cancel(begun.uuid), reason: "first" },
        { ...cancel(bare.uuid), reason: "at once" },
        { ...cancel(forbidden.uuid), compensates: false },
        cancel(fresh.uuid),
      ]);
      expect(outcomes.map(granted)).toEqual(["requested", "cancelled", "cancelled", "cancelled"]);
      expect(await world.find(bare.uuid)).toMatchObject({
        status: "cancelled",
        cancelReason: "at once",
        control: null,
      });
      expect(await world.find(begun.uuid)).toMatchObject({
        status: "running",
        control: "cancelling",
        cancelReason: "first",
      });
      const again = { ...cancel(begun.uuid), reason: "second" };
      expect(granted(only(await storage.requestControl([again])))).toBe("requested");
      const claimed = only(await world.claimDue());
      expect(claimed).toMatchObject({ uuid: begun.uuid, isCancelled: true, compensates: true });
      granted(await world.save(progress(claimed, { next: { ...END, status: "cancelled" } })));
      expect(await world.find(begun.uuid)).toMatchObject({ status: "cancelled", cancelReason: "first", control: null });
    },
  );

  check(
    "a request that was obeyed is told no more, and lets its run sleep; one that asks for more is another",
    async (world) => {
      const { storage } = world;
      const mark = await world.mark();
      const uuid = await world.run({ claim: mark });
      const run = { uuid, token: 1, logLength: 0 };
      const due = { kind: "due", dueAt: world.now() + MINUTE } as const;
      granted(only(await storage.requestControl([cancel(uuid)])));
      const obeyed = progress(run, { entries: entriesText("0"), obeys: { compensates: true } });
      granted(await world.save(obeyed));
      expect(await storage.controlOf(mark.worker)).toEqual([]);
      granted(only(await storage.requestControl([cancel(uuid)])));
      expect(await storage.controlOf(mark.worker)).toEqual([]);
      granted(only(await storage.requestControl([{ ...cancel(uuid), compensates: false }])));
      // What was obeyed before is not what is asked now.
      granted(await world.save({ ...obeyed, seq: 1 }));
      const news = { namespace: NAMESPACE, uuid, token: 1, kind: "cancel", compensates: false } as const;
      expect(await storage.controlOf(mark.worker)).toEqual([news]);
      granted(only(await storage.requestControl([cancel(uuid)])));
      expect(await storage.controlOf(mark.worker)).toEqual([news]);
      granted(await world.save(progress({ ...run, logLength: 2 }, { obeys: { compensates: false }, next: due })));
      expect(await world.claimDue()).toEqual([]);
      expect(await world.find(uuid)).toMatchObject({ status: "running", control: "cancelling" });
      granted(only(await storage.requestControl([{ ...cancel(uuid), compensates: false }])));
      expect(await world.claimDue()).toEqual([]);
    },
  );

  check("each of a batch has its own outcome: over, unknown, of another namespace, twice", async (world) => {
    const { storage } = world;
    const [ended, pending, held] = [await world.held(), await world.run(), await world.held()];
    granted(await world.save(progress(ended, { next: END })));
    const before = await world.find(ended.uuid);
    const unknown = newId(world.now());
    const items = [
      cancel(ended.uuid),
      cancel(unknown),
      cancel(pending, "theirs"),
      cancel(held.uuid, "theirs"),
      cancel(pending),
      cancel(pending),
      cancel("nonsense"),
      cancel(held.uuid),
    ];
    const outcomes = await storage.requestControl(items);
    const said = outcomes.map((outcome) => (outcome.kind === "ok" ? outcome.value : outcome.kind));
    expect(said).toEqual(["over", "error", "error", "error", "cancelled", "over", "error", "requested"]);
    expect(outcomes[1]).toEqual({ kind: "error", code: "run_not_found", subject: unknown });
    expect(await world.find(ended.uuid)).toEqual(before);
    expect(await storage.requestControl([])).toEqual([]);
  });

  check("cancelled, given back and ended at once, each run has one fate", async (world) => {
    const { storage } = world;
    const mark = await world.mark();
    const held = await storage.claimByMessage({ ...mark, runs: keysOf(await world.runs(200)), maxBytes: ROOM });
    const uuids = uuidsOf(held);
    const [ending, sleeping] = [held.slice(0, 100), held.slice(100)];
    const due = { kind: "due", dueAt: world.now() + MINUTE } as const;
    const [asked, again, saved] = await Promise.all([
      storage.requestControl(uuids.map((uuid) => cancel(uuid))),
      storage.requestControl(uuids.toReversed().map((uuid) => cancel(uuid))),
      storage.saveProgress(ending.map((run) => progress(run, { next: END }))),
      storage.saveProgress(sleeping.map((run) => progress(run, { next: due }))),
    ]);
    const answers = [...asked.map(granted), ...again.toReversed().map(granted)];
    const runs = await world.findRuns(uuids);
    for (const [index, run] of runs.entries()) {
      const told = [answers[index], answers[index + uuids.length]];
      const isEnded = index < ending.length;
      // What was held when it was asked for ends as its holder writes; a run that was given back is cancelled once.
      const wasCancelled = told.includes("cancelled");
      expect(told.filter((answer) => answer === "cancelled").length).toBeLessThanOrEqual(1);
      expect(run?.status).toBe(isEnded ? "success" : wasCancelled ? "cancelled" : "running");
      expect(isEnded && wasCancelled).toBe(false);
    }
    expect(saved.map(granted)).toEqual(ending.map(() => null));
    // Of those that sleep with a request nobody forgets it.
    const open = uuids.filter((_, index) => runs[index]?.completedAt === null);
    expect(uuidsOf(await world.claimDue()).sort()).toEqual(open.sort());
  });

  check("cancelled and claimed at once, each run has one fate", async (world) => {
    const { storage } = world;
    const uuids = await world.runs(200);
    const mark = await world.mark();
    const [outcomes, ...claims] = await Promise.all([
      storage.requestControl(uuids.map((uuid) => cancel(uuid))),
      storage.claimByMessage({ ...mark, runs: keysOf(uuids.toReversed()), maxBytes: ROOM }),
      storage.claimDue({ ...mark, claimId: newId(world.now()), limit: 100, maxBytes: ROOM, patienceMilliseconds: 0 }),
    ]);
    const requested = uuids.filter((_, index) => granted(outcomes[index] ?? { kind: "lost" }) === "requested");
    expect(requested.sort()).toEqual(uuidsOf(await storage.controlOf(mark.worker)).sort());
    expect(uuidsOf(claims.flat()).sort()).toEqual(requested);
  });
}
