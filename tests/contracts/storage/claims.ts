/** Who may take a run, and with which token. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import {
  type Check,
  entriesText,
  granted,
  MINUTE,
  NAMESPACE,
  only,
  pathsOf,
  progress,
  ROOM,
  SHORT_LEASE,
  TRACEPARENT,
  uuidsOf,
} from "./kit.ts";

export function claimContract(check: Check): void {
  check("a message claims a new run, once", async (world) => {
    const workflow = await world.workflow();
    const fields = { payload: '{"n":1}', depth: 7, traceparent: TRACEPARENT, graceMilliseconds: MINUTE };
    const item = world.newRun(workflow, fields);
    await world.storage.insertRuns([item]);
    const before = world.now();
    const { payload, ...claimed } = only(await world.claimByMessage([item.uuid]));
    expect(JSON.parse(payload)).toEqual({ n: 1 });
    expect(claimed).toEqual({
      namespace: NAMESPACE,
      uuid: item.uuid,
      workflowUuid: workflow,
      workflowVersion: 1,
      log: "[]",
      inbox: [],
      parentUuid: null,
      isOnFailure: false,
      isCancelled: false,
      compensates: true,
      logLength: 0,
      token: 1,
      startedAt: expect.any(Number),
      crashes: 0,
      claims: 1,
      depth: 7,
      traceparent: TRACEPARENT,
    });
    const run = await world.find(item.uuid);
    expect(run.status).toBe("running");
    expect(run.startedAt).toBeWithin(before, world.now() + 1);
    expect(claimed.startedAt).toBe(run.startedAt ?? 0);
    expect(await world.claimByMessage([item.uuid])).toEqual([]);
  });

  check("a message that names a run twice, or none that there is, claims it once, or none", async (world) => {
    const [first, second] = [await world.run(), await world.run()];
    const claimed = await world.claimByMessage([first, newId(world.now()), second, first, "nonsense"]);
    expect(uuidsOf(claimed).sort()).toEqual([first, second].sort());
    expect(claimed.map(({ token }) => token)).toEqual([1, 1]);
  });

  check("a message claims 500 at once", async (world) => {
    const uuids = await world.runs(500);
    expect(uuidsOf(await world.claimByMessage(uuids)).sort()).toEqual(uuids.toSorted());
    expect(await world.claimByMessage(uuids)).toEqual([]);
  });

  check("a message claims no run that was ever claimed: given back, left by a dead holder, or ended", async (world) => {
    const [back, asleep, left, ended] = [
      await world.held(),
      await world.held(),
      await world.held({}, SHORT_LEASE),
      await world.held(),
    ];
    const saved = await world.storage.saveProgress([
      progress(back, { next: { kind: "due", dueAt: world.now() - 1 } }),
      progress(asleep, { next: { kind: "due", dueAt: world.now() + MINUTE } }),
      progress(ended, { next: { kind: "end", status: "success", error: null, stepResults: "{}" } }),
    ]);
    saved.map(granted);
    await world.pass(SHORT_LEASE * 2);
    expect(await world.claimByMessage(uuidsOf([back, asleep, left, ended]))).toEqual([]);
    expect(uuidsOf(await world.claimDue()).sort()).toEqual(uuidsOf([back, left]).sort());
  });

  check("the sweep leaves a new run to its message until the grace is over", async (world) => {
    const soon = await world.run({ graceMilliseconds: SHORT_LEASE });
    const late = await world.run({ graceMilliseconds: MINUTE });
    await world.pass(SHORT_LEASE * 2);
    expect(uuidsOf(await world.claimDue())).toEqual([soon]);
    expect(uuidsOf(await world.claimByMessage([late, soon]))).toEqual([late]);
  });

  check("every claim raises the token by one and brings what was saved", async (world) => {
    const first = await world.held({ payload: '{"n":1}' }, SHORT_LEASE);
    const startedAt = (await world.find(first.uuid)).startedAt;
    let run = first;
    for (const token of [2, 3, 4]) {
      granted(await world.save(progress(run, { entries: entriesText(`${token}`), crashes: token })));
      await world.pass(SHORT_LEASE * 2);
      run = only(await world.claimDue(10, MINUTE, SHORT_LEASE));
      expect(run).toMatchObject({ uuid: first.uuid, token, crashes: token, logLength: token - 1 });
    }
    expect(pathsOf(run)).toEqual(["2", "3", "4"]);
    expect(await world.find(first.uuid)).toMatchObject({ status: "running", startedAt });
  });

  check(
    "claims are counted until the run makes progress or is given back; what is saved while threads die is none",
    async (world) => {
      let run = await world.held({}, SHORT_LEASE);
      const again = async () => {
        await world.pass(SHORT_LEASE * 2);
        run = only(await world.claimDue(10, ROOM, SHORT_LEASE));
        return run;
      };
      for (const claims of [2, 3, 4]) expect(await again()).toMatchObject({ claims, token: claims });
      granted(await world.save(progress(run, { crashes: 1 })));
      expect(await again()).toMatchObject({ claims: 5, crashes: 1 });
      granted(await world.save(progress(run, { crashes: 1, next: { kind: "due", dueAt: world.now() - 1 } })));
      expect(await again()).toMatchObject({ claims: 6, crashes: 1 });
      granted(await world.save(progress(run, { entries: entriesText("0") })));
      expect(await again()).toMatchObject({ claims: 1, crashes: 0 });
      expect(await again()).toMatchObject({ claims: 2 });
      granted(await world.save(progress(run, { next: { kind: "due", dueAt: world.now() - 1 } })));
      expect(await again()).toMatchObject({ claims: 1 });
    },
  );

  check("the log comes back in the order in which it was written", async (world) => {
    let run = await world.held();
    const paths: string[] = [];
    for (let index = 0; index < 12; index++) {
      const more = [`${index}`, `${index}/left/0`];
      granted(await world.save(progress({ ...run, logLength: index }, { entries: entriesText(...more) })));
      paths.push(...more);
    }
    expect(pathsOf(await world.find(run.uuid))).toEqual(paths);
    const giveBack = progress({ ...run, logLength: 12 }, { next: { kind: "due", dueAt: world.now() - 1 } });
    granted(await world.save(giveBack));
    run = only(await world.claimDue());
    expect(pathsOf(run)).toEqual(paths);
    expect(run.logLength).toBe(12);
  });

  check("the log of one run holds nothing of its neighbour", async (world) => {
    const [a, b] = [await world.held(), await world.held()];
    const saves = [progress(a, { entries: entriesText("a") }), progress(b, { entries: entriesText("b") })];
    expect((await world.storage.saveProgress(saves)).map(({ kind }) => kind)).toEqual(["ok", "ok"]);
    expect(pathsOf(await world.find(a.uuid))).toEqual(["a"]);
    expect(pathsOf(await world.find(b.uuid))).toEqual(["b"]);
  });

  check("a run that is stored as claimed is held from the start, with the token 1", async (world) => {
    const before = world.now();
    const claim = await world.mark();
    const uuid = await world.run({ claim, payload: '{"n":1}' });
    const run = await world.find(uuid);
    expect(run.status).toBe("running");
    expect(run.startedAt).toBeWithin(before, world.now() + 1);
    expect(await world.storage.nextDue(0)).toBeWithin(before + MINUTE, world.now() + MINUTE + 1);
    expect(await world.claimByMessage([uuid])).toEqual([]);
    expect(await world.claimDue()).toEqual([]);

    const held = { namespace: NAMESPACE, uuid, token: 1, seq: 0, crashes: 0 };
    granted(await world.storage.renewLease({ worker: claim.worker, leaseMilliseconds: MINUTE }));
    granted(await world.save({ ...held, entries: entriesText("0"), next: { kind: "hold" } }));
    expect(pathsOf(await world.find(uuid))).toEqual(["0"]);
  });

  check("a run that is stored as claimed is due when its lease is over, like any other", async (world) => {
    const claim = await world.mark();
    const uuid = await world.run({ claim, graceMilliseconds: MINUTE });
    await world.endLease(claim);
    expect(await world.claimByMessage([uuid])).toEqual([]);
    expect(await world.claimDue()).toMatchObject([{ uuid, token: 2, claims: 2 }]);
    expect(await world.storage.renewLease({ worker: claim.worker, leaseMilliseconds: MINUTE })).toEqual({
      kind: "lost",
    });
  });

  check("of 500 runs, some stored as claimed, each is as it was stored", async (world) => {
    const workflow = await world.workflow();
    const claim = await world.mark();
    const items = Array.from({ length: 500 }, (_, index) =>
      world.newRun(index === 9 ? "nothing" : workflow, index % 3 === 0 ? { claim } : {}),
    );
    const outcomes = await world.storage.insertRuns(items);
    expect(outcomes.map(({ kind }) => kind)).toEqual(items.map((_, index) => (index === 9 ? "error" : "ok")));
    const free = items.filter((item) => item.claim === null).map(({ uuid }) => uuid);
    expect(uuidsOf(await world.claimByMessage(items.map(({ uuid }) => uuid))).sort()).toEqual(free.sort());
  });
}
