/** The inboxes of runs: what is put there, who hears of it, and when it is gone. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { MAX_KEPT_SIGNALS, MAX_KEPT_SIZE } from "../../../src/storage/port/runs/inbox.ts";
import {
  type Check,
  entriesText,
  granted,
  MINUTE,
  NAMESPACE,
  only,
  present,
  progress,
  signal,
  uuidsOf,
} from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
/** Nothing but its inbox wakes it. */
const WAIT = { kind: "due", dueAt: null } as const;

export function inboxContract(check: Check): void {
  check("a run that waits for its inbox alone is never due, and due at once when something comes", async (world) => {
    const { storage } = world;
    const run = await world.held();
    granted(await world.save(progress(run, { entries: entriesText("0"), next: WAIT })));
    await world.pass(50);
    expect(await world.claimDue()).toEqual([]);
    expect(await storage.nextDue(0)).toBeNull();
    expect((await world.find(run.uuid)).status).toBe("running");
    const sent = signal(world, run.uuid, "go");
    const { workflowUuid } = await world.find(run.uuid);
    expect(granted(only(await storage.putSignals([sent])))).toEqual({
      workflowUuid,
      sent: { id: sent.id, isDelivered: false },
    });
    expect(await storage.nextDue(0)).toBeLessThanOrEqual(world.now());
    const claimed = only(await world.claimDue());
    expect(claimed.inbox).toEqual([
      { seq: 1, kind: "signal", name: "go", body: '{"name":"go"}', id: sent.id, receivedAt: expect.any(Number) },
    ]);
    expect(present(claimed.inbox[0]).receivedAt).toBeWithin(world.now() - MINUTE, world.now() + 1);
  });

  check(
    "a signal that names a claim claims a run that rests, with what came for it, or leaves it due",
    async (world) => {
      const { storage } = world;
      const run = await world.held();
      granted(await world.save(progress(run, { entries: entriesText("0"), next: WAIT })));
      const claim = await world.mark();
      const { claimed } = granted(only(await storage.putSignals([signal(world, run.uuid, "go", { claim })])));
      // A storage may leave it to who looks for due runs.
      const [found] = claimed === undefined ? await world.claimDue() : [claimed];
      const token = run.token + 1;
      expect(found).toMatchObject({
        uuid: run.uuid,
        token,
        logLength: 1,
        log: entriesText("0"),
        inbox: [{ name: "go" }],
      });
      if (claimed !== undefined) expect(await storage.heldBy(claim.worker)).toMatchObject([{ uuid: run.uuid, token }]);
      expect(await world.claimDue()).toEqual([]);
    },
  );

  check(
    "a signal claims no run that is new, held, paused or to be cancelled, and none for a lost lease",
    async (world) => {
      const { storage } = world;
      const [fresh, held, paused, cancelled, late] = [
        await world.run(),
        await world.held(),
        await world.held(),
        await world.held(),
        await world.held(),
      ];
      for (const run of [paused, cancelled, late])
        granted(await world.save(progress(run, { entries: entriesText("0"), next: WAIT })));
      const requests = { pause: paused, cancel: cancelled } as const;
      for (const kind of ["pause", "cancel"] as const) {
        granted(only(await storage.requestControl([{ namespace: NAMESPACE, uuid: requests[kind].uuid, kind }])));
      }
      const claim = await world.mark();
      const claims = async (uuid: string, mark = claim) =>
        (await storage.putSignals([signal(world, uuid, "go", { claim: mark })])).some(
          (outcome) => outcome.kind === "ok" && outcome.value.claimed !== undefined,
        );
      for (const uuid of [fresh, held.uuid, paused.uuid, cancelled.uuid]) expect(await claims(uuid)).toBe(false);
      const lost = await world.mark();
      await world.endLease(lost);
      expect(await claims(late.uuid, lost)).toBe(false);
      expect(await storage.heldBy(claim.worker)).toEqual([]);
    },
  );

  check("what came for a new run, or one that sleeps, comes with its claim, in order", async (world) => {
    const { storage } = world;
    const fresh = await world.run();
    const asleep = await world.held();
    granted(await world.save(progress(asleep, { next: { kind: "due", dueAt: world.now() + MINUTE } })));
    const items = [
      signal(world, fresh, "a", { waiting: [null] }),
      signal(world, asleep.uuid, "b"),
      signal(world, fresh, "c", { waiting: [null, world.now() + MINUTE] }),
      signal(world, fresh, "a", { waiting: [null] }),
    ];
    const stored = (await storage.putSignals(items)).map(granted);
    expect(stored.map(({ sent }) => sent.isDelivered)).toEqual([true, false, true, false]);
    const runs = new Map((await world.claimDue()).map((run) => [run.uuid, run.inbox]));
    expect(runs.get(fresh)?.map(({ seq, name }) => [seq, name])).toEqual([
      [1, "a"],
      [2, "c"],
      [3, "a"],
    ]);
    expect(runs.get(asleep.uuid)?.map(({ name }) => name)).toEqual(["b"]);
    const other = await world.run();
    granted(only(await storage.putSignals([signal(world, other, "d")])));
    expect(only(await world.claimByMessage([other])).inbox.map(({ name }) => name)).toEqual(["d"]);
  });

  check("the holder of a run hears of it until its progress says that it did", async (world) => {
    const { storage } = world;
    const mark = await world.mark();
    const uuid = await world.run({ claim: mark });
    const held = { ...progress({ uuid, token: 1, logLength: 0 }) };
    expect(await storage.controlOf(mark.worker)).toEqual([]);
    for (const name of ["a", "b"]) granted(only(await storage.putSignals([signal(world, uuid, name)])));
    const news = { namespace: NAMESPACE, uuid, token: 1, kind: "inbox", last: 2 } as const;
    expect(await storage.controlOf(mark.worker)).toEqual([news]);
    expect(await storage.controlOf(mark.worker)).toEqual([news]);
    const [behind] = await storage.findInbox([{ uuid, after: 1 }]);
    expect(behind?.map(({ seq, name }) => [seq, name])).toEqual([[2, "b"]]);
    granted(await world.save({ ...held, heard: 1 }));
    expect(await storage.controlOf(mark.worker)).toEqual([news]);
    granted(await world.save({ ...held, heard: 2 }));
    expect(await storage.controlOf(mark.worker)).toEqual([]);
    // A cancel is told before.
    granted(only(await storage.putSignals([signal(world, uuid, "c")])));
    granted(only(await storage.requestControl([{ namespace: NAMESPACE, uuid, kind: "cancel" }])));
    expect(await storage.controlOf(mark.worker)).toEqual([
      { namespace: NAMESPACE, uuid, token: 1, kind: "cancel", compensates: true },
    ]);
  });

  check("a run with more to hear is due at once when it is given back", async (world) => {
    const { storage } = world;
    const later = { kind: "due", dueAt: world.now() + MINUTE } as const;
    for (const next of [WAIT, later]) {
      const [behind, level] = [await world.held(), await world.held()];
      const items = [behind, level].map(({ uuid }) => signal(world, uuid, "a"));
      for (const outcome of await storage.putSignals(items)) granted(outcome);
      granted(await world.save(progress(level, { heard: 1, next })));
      granted(await world.save(progress(behind, { heard: 0, next })));
      expect(uuidsOf(await world.claimDue())).toEqual([behind.uuid]);
    }
    // One that was executed unclaimed has heard of nothing.
    const unclaimed = await world.run();
    granted(only(await storage.putSignals([signal(world, unclaimed, "a")])));
    const begun = { startedAt: world.now(), next: later };
    granted(await world.save(progress({ uuid: unclaimed, token: 0, logLength: 0 }, begun)));
    expect(uuidsOf(await world.claimDue())).toContain(unclaimed);
  });

  check("what was taken goes with the checkpoint that took it, and no other run's with it", async (world) => {
    const { storage } = world;
    const [run, other] = [await world.held(), await world.held()];
    const items = [run, run, run, other].map(({ uuid }) => signal(world, uuid, "a"));
    for (const outcome of await storage.putSignals(items)) granted(outcome);
    const write = progress(run, { entries: entriesText("0"), heard: 3, taken: [2] });
    // A repeated write, as after a lost answer, changes nothing more.
    for (let time = 0; time < 2; time++) granted(await world.save(write));
    const seqs = async ({ uuid }: { uuid: string }) =>
      present(only(await storage.findInbox([{ uuid, after: 0 }]))).map(({ seq }) => seq);
    expect(await seqs(run)).toEqual([1, 3]);
    expect(await seqs(other)).toEqual([1]);
    // The next has a number of its own.
    granted(only(await storage.putSignals([signal(world, run.uuid, "a")])));
    expect(await seqs(run)).toEqual([1, 3, 4]);
    // A write of a former holder takes nothing.
    const stale = progress({ ...run, token: run.token + 1, logLength: 1 }, { entries: entriesText("1"), taken: [1] });
    expect(await world.save(stale)).toEqual({ kind: "lost" });
    granted(await world.save(progress({ ...run, logLength: 1 }, { heard: 4, taken: [1], next: END })));
    expect(await seqs(run)).toEqual([]);
    expect(await seqs(other)).toEqual([1]);
  });

  check("one that comes when the step that waits gives up is not delivered", async (world) => {
    const run = await world.held();
    const asked = [[world.now() - MINUTE], [world.now() - MINUTE, world.now() + MINUTE]];
    const items = asked.map((waiting, index) => signal(world, run.uuid, `n${index}`, { waiting }));
    const stored = (await world.storage.putSignals(items)).map(granted);
    expect(stored.map(({ sent }) => sent.isDelivered)).toEqual([false, true]);
  });

  check("one that is sent again with its key is stored once, also after it was taken", async (world) => {
    const { storage } = world;
    const run = await world.held();
    const requestKey = { namespace: NAMESPACE, route: "signals", key: "k", hash: "h" };
    const again = () => signal(world, run.uuid, "a", { requestKey, waiting: [null] });
    const first = again();
    const send = async (one = again()) =>
      (await storage.putSignals([one, again()])).map((outcome) => granted(outcome).isTaken ?? false);
    expect(await send(first)).toEqual([false, true]);
    expect(await send()).toEqual([true, true]);
    const [kept] = await storage.findRequestKeys([requestKey]);
    expect(kept?.hash).toBe("h");
    expect(JSON.parse(kept?.answer ?? "")).toEqual({ id: first.id, isDelivered: true });
    const elsewhere = { ...again(), requestKey: { ...requestKey, route: "other" } };
    expect(granted(only(await storage.putSignals([elsewhere]))).isTaken).toBeUndefined();
    granted(await world.save(progress(run, { entries: entriesText("0"), heard: 2, taken: [2] })));
    granted(await world.save(progress(run, { entries: entriesText("0"), heard: 1, taken: [1] })));
    expect(await send()).toEqual([true, true]);
    expect(await storage.findInbox([{ uuid: run.uuid, after: 0 }])).toEqual([[]]);
  });

  check("each of a batch has its own outcome: over, cancelled, unknown, of another namespace", async (world) => {
    const { storage } = world;
    const [ended, cancelled, open] = [await world.held(), await world.run(), await world.run()];
    granted(only(await storage.putSignals([signal(world, cancelled, "a")])));
    granted(await world.save(progress(ended, { next: END })));
    granted(only(await storage.requestControl([{ namespace: NAMESPACE, uuid: cancelled, kind: "cancel" }])));
    const unknown = newId(world.now());
    const outcomes = await storage.putSignals([
      signal(world, ended.uuid, "a"),
      signal(world, cancelled, "a"),
      signal(world, unknown, "a"),
      signal(world, "nonsense", "a"),
      signal(world, open, "a", { namespace: "theirs" }),
      signal(world, open, "a"),
    ]);
    expect(outcomes.map((outcome) => (outcome.kind === "error" ? outcome.code : outcome.kind))).toEqual([
      "run_ended",
      "run_ended",
      "run_not_found",
      "run_not_found",
      "run_not_found",
      "ok",
    ]);
    expect(await storage.findInbox([{ uuid: cancelled, after: 0 }])).toEqual([[]]);
    expect(await storage.putSignals([])).toEqual([]);
  });

  check("more than 1,000, or 8 MiB, are refused until some were taken", async (world) => {
    const { storage } = world;
    const [many, large] = [await world.held(), await world.held()];
    const fill = Array.from({ length: MAX_KEPT_SIGNALS }, () => signal(world, many.uuid, "a", { body: "1" }));
    for (const outcome of await storage.putSignals(fill)) granted(outcome);
    const body = JSON.stringify("x".repeat(MAX_KEPT_SIZE / 4));
    for (let count = 0; count < 3; count++) {
      granted(only(await storage.putSignals([signal(world, large.uuid, "a", { body })])));
    }
    const more = () => storage.putSignals([signal(world, many.uuid, "b"), signal(world, large.uuid, "b", { body })]);
    const codes = (await more()).map((outcome) => outcome.kind === "error" && outcome.code);
    expect(codes).toEqual(["too_many_signals", "too_many_signals"]);
    for (const run of [many, large]) {
      granted(await world.save(progress(run, { entries: entriesText("0"), heard: 3, taken: [1] })));
    }
    for (const outcome of await more()) granted(outcome);
  });

  check("sent and given back at once, no run sleeps over what came", async (world) => {
    const { storage } = world;
    const runs = await Promise.all(Array.from({ length: 50 }, () => world.held()));
    const [, stored] = await Promise.all([
      storage.saveProgress(runs.map((run) => progress(run, { next: WAIT }))),
      storage.putSignals(runs.toReversed().map(({ uuid }) => signal(world, uuid, "a"))),
    ]);
    for (const outcome of stored) granted(outcome);
    const claimed = await world.claimDue();
    expect(uuidsOf(claimed).sort()).toEqual(uuidsOf(runs).sort());
    for (const { inbox } of claimed) expect(inbox.length).toBe(1);
  });
}
