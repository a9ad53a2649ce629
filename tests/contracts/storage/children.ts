/** Runs that are stored with the progress of others: once each, and what is told of them. */
import { expect } from "bun:test";
import { MAX_GENERATIONS, ON_FAILURE } from "../../../src/schemas/runs/child.ts";
import type { ClaimedRun, NewChild, Progress, RunRecord } from "../../../src/storage/port.ts";
import {
  type Check,
  entriesText,
  granted,
  keysOf,
  MINUTE,
  NAMESPACE,
  only,
  present,
  progress,
  uuidsOf,
  type World,
} from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
const WAIT = { kind: "due", dueAt: null } as const;

const child = (workflow: string, path = "0", fields: Partial<NewChild> = {}): NewChild => ({
  ...{ uuid: null, path, workflow, version: null, payload: '{"n": 1}' },
  ...{ isAwaited: true, isCancelled: true },
  ...fields,
});

/** The runs that a run has started, the first of them first. */
async function childrenOf(world: World, uuid: string): Promise<RunRecord[]> {
  const all = await world.storage.listRuns({ namespace: NAMESPACE, limit: 1000, order: "desc", after: null });
  return all.filter(({ parentRunId }) => parentRunId === uuid).toReversed();
}

/** A held run that starts others, and waits for them. */
async function starts(world: World, children: NewChild[], fields: Partial<Progress> = {}): Promise<ClaimedRun> {
  const run = await world.held();
  granted(await world.save(progress(run, { entries: entriesText("0"), children, next: WAIT, ...fields })));
  return run;
}

async function toldTo(world: World, uuid: string): Promise<[path: string, said: unknown][]> {
  const rows = present(only(await world.storage.findInbox([{ uuid, after: 0 }])));
  return rows.map(({ name, body }) => [name, JSON.parse(body)]);
}

const cancel = (uuid: string) => ({ namespace: NAMESPACE, uuid, kind: "cancel" }) as const;

export function childContract(check: Check): void {
  check("a child is stored with the progress of its parent, and due at once", async (world) => {
    const workflow = await world.workflow({ id: "child" });
    const parent = await starts(world, [child("child"), child(workflow, "1~2")]);
    const children = await childrenOf(world, parent.uuid);
    expect(children.map(({ payload }) => JSON.parse(payload))).toEqual([{ n: 1 }, { n: 1 }]);
    for (const run of children) {
      expect(run).toMatchObject({ workflowUuid: workflow, workflowVersion: 1, status: "pending" });
      expect(run).toMatchObject({ parentRunId: parent.uuid, rootRunId: parent.uuid });
      expect(run.createdAt).toBeWithin(world.now() - MINUTE, world.now() + 1);
    }
    const claimed = await world.claimDue();
    expect(uuidsOf(claimed).sort()).toEqual(uuidsOf(children).sort());
    for (const run of claimed) {
      expect(run).toMatchObject({ parentUuid: parent.uuid, depth: 1, token: 1, isCancelled: false });
    }
    // A grandchild has the same root.
    const [first] = claimed;
    granted(
      await world.save(progress(present(first), { entries: entriesText("0"), children: [child("child")], next: WAIT })),
    );
    expect(only(await childrenOf(world, present(first).uuid)).rootRunId).toBe(parent.uuid);
  });

  check("a repeated write, or one of a former holder, starts nothing", async (world) => {
    const { old, current } = await world.takenOver();
    const workflow = await world.workflow();
    const run = await world.held();
    const write = progress(run, { entries: entriesText("0"), children: [child(workflow), child(workflow, "1")] });
    for (let time = 0; time < 3; time++) granted(await world.save({ ...write }));
    expect((await childrenOf(world, run.uuid)).length).toBe(2);
    const stale = progress(old, { entries: entriesText("0"), children: [child(workflow)] });
    expect(await world.save(stale)).toEqual({ kind: "lost" });
    expect(await childrenOf(world, current.uuid)).toEqual([]);
  });

  check("its end is told to its parent, which is due at once", async (world) => {
    const workflow = await world.workflow();
    const parent = await starts(world, [child(workflow), child(workflow, "1"), child(workflow, "2")]);
    const claimed = await world.claimDue();
    const [a, b, c] = await childrenOf(world, parent.uuid);
    const [first, second, third] = [a, b, c].map((run) => present(claimed.find(({ uuid }) => uuid === run?.uuid)));
    const end = { ...END, status: "failed", error: "no" } as const;
    const ends = [progress(present(first), { next: END }), progress(present(second), { next: end })];
    for (const outcome of await world.storage.saveProgress(ends)) granted(outcome);
    expect((await toldTo(world, parent.uuid)).sort()).toEqual([
      ["0", { run_id: first?.uuid, status: "success", output: null, error: null }],
      ["1", { run_id: second?.uuid, status: "failed", output: null, error: "no" }],
    ]);
    const again = only(await world.claimDue());
    expect(again.inbox.map(({ kind, name, seq }) => [kind, name, seq])).toEqual([
      ["child", "0", 1],
      ["child", "1", 2],
    ]);
    // Of a parent that is held its holder hears.
    granted(await world.save(progress(present(third), { next: END })));
    expect((await toldTo(world, parent.uuid)).length).toBe(3);
    granted(
      await world.save(
        progress({ ...again, logLength: 1 }, { heard: 2, taken: [1, 2], entries: entriesText("1"), next: WAIT }),
      ),
    );
    expect(only(await world.claimDue()).inbox.map(({ name }) => name)).toEqual(["2"]);
  });

  check("the end of a cancelled child is told as well, and an ended parent is told nothing", async (world) => {
    const workflow = await world.workflow();
    const parent = await starts(world, [child(workflow), child(workflow, "1", { isCancelled: false })]);
    const [first, second] = await childrenOf(world, parent.uuid);
    granted(only(await world.storage.requestControl([cancel(present(first).uuid)])));
    expect(await toldTo(world, parent.uuid)).toEqual([
      ["0", { run_id: first?.uuid, status: "cancelled", output: null, error: null }],
    ]);
    granted(only(await world.storage.requestControl([cancel(parent.uuid)])));
    const claimed = await world.claimDue();
    const ending = present(claimed.find(({ uuid }) => uuid === parent.uuid));
    granted(await world.save(progress(ending, { next: { ...END, status: "cancelled" } })));
    expect(await toldTo(world, parent.uuid)).toEqual([]);
    const left = present(claimed.find(({ uuid }) => uuid === second?.uuid));
    expect(left.isCancelled).toBe(false);
    granted(await world.save(progress(left, { next: END })));
    expect(await toldTo(world, parent.uuid)).toEqual([]);
  });

  check("one that is not waited for is told of once, and its end is not", async (world) => {
    const workflow = await world.workflow();
    const parent = await starts(world, [child(workflow, "0", { isAwaited: false, isCancelled: false })]);
    const run = only(await childrenOf(world, parent.uuid));
    expect(await toldTo(world, parent.uuid)).toEqual([["0", { run_id: run.uuid }]]);
    const claimed = await world.claimDue();
    const own = present(claimed.find(({ uuid }) => uuid === run.uuid));
    expect(own.parentUuid).toBeNull();
    expect(uuidsOf(claimed).sort()).toEqual([parent.uuid, run.uuid].sort());
    granted(await world.save(progress(own, { next: END })));
    expect((await toldTo(world, parent.uuid)).length).toBe(1);
  });

  check("a workflow or version that is not there, and the 17th generation, are refused", async (world) => {
    const workflow = await world.workflow({ id: "child" });
    const gone = await world.workflow();
    granted(only(await world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference: gone }])));
    const parent = await starts(world, [
      child("nowhere"),
      child(gone, "1"),
      child("child", "2", { version: 2 }),
      child("child", "3", { version: 1 }),
    ]);
    expect((await toldTo(world, parent.uuid)).sort()).toEqual([
      ["0", { refused: "workflow_not_found", workflow: "nowhere" }],
      ["1", { refused: "workflow_not_found", workflow: gone }],
      ["2", { refused: "version_not_found", workflow: "child" }],
    ]);
    expect((await childrenOf(world, parent.uuid)).length).toBe(1);
    let last = await world.held();
    for (let generation = 0; generation < MAX_GENERATIONS; generation++) {
      granted(await world.save(progress(last, { entries: entriesText("0"), children: [child(workflow)], next: WAIT })));
      const { uuid } = only(await childrenOf(world, last.uuid));
      last = present((await world.claimDue()).find((run) => run.uuid === uuid));
    }
    granted(await world.save(progress(last, { entries: entriesText("0"), children: [child(workflow)], next: WAIT })));
    expect(await toldTo(world, last.uuid)).toEqual([["0", { refused: "too_deep", workflow }]]);
  });

  check("those that are given up are cancelled: new ones, and those that are held, by their holders", async (world) => {
    const { storage } = world;
    const workflow = await world.workflow();
    const paths = ["0", "1", "2", "3"];
    const children = paths.map((path) => child(workflow, path, { isCancelled: path !== "3" }));
    const parent = await starts(world, children, { next: { kind: "hold" } });
    const runs = await childrenOf(world, parent.uuid);
    const mark = await world.mark();
    const [held] = await storage.claimByMessage({ ...mark, runs: keysOf([present(runs[1]).uuid]), maxBytes: 1e6 });
    const left = progress({ ...parent, logLength: 1 }, { entries: entriesText("1"), left: ["0", "1", "3"] });
    granted(await world.save(left));
    expect(await storage.controlOf(mark.worker)).toEqual([
      { namespace: NAMESPACE, uuid: present(held).uuid, token: 1, kind: "cancel", compensates: true },
    ]);
    const claimed = await world.claimDue();
    const byUuid = new Map(claimed.map(({ uuid, isCancelled }) => [uuid, isCancelled]));
    expect([0, 2, 3].map((index) => byUuid.get(present(runs[index]).uuid))).toEqual([true, false, false]);
  });

  check("the log of one that is given up while it stands still tells of the pause", async (world) => {
    const { storage } = world;
    const workflow = await world.workflow();
    const parent = await starts(world, [child(workflow), child(workflow, "1")], { next: { kind: "hold" } });
    const runs = await world.claimDue();
    for (const run of runs) granted(await world.save(progress(run, { entries: entriesText("0"), next: WAIT })));
    const pause = runs.map(({ uuid }) => ({ namespace: NAMESPACE, uuid, kind: "pause" as const }));
    for (const outcome of await storage.requestControl(pause)) expect(granted(outcome)).toBe("paused");
    const known = { ...parent, logLength: 1 };
    granted(await world.save(progress(known, { entries: entriesText("1"), left: ["0"], next: { kind: "hold" } })));
    granted(await world.save(progress({ ...known, logLength: 2 }, { next: { ...END, status: "failed" } })));
    const claimed = await world.claimDue();
    expect(uuidsOf(claimed).sort()).toEqual(uuidsOf(runs).sort());
    for (const { log, logLength, isCancelled } of claimed) {
      const entries: [path: string][] = JSON.parse(log);
      expect([entries.map(([path]) => path), logLength, isCancelled]).toEqual([["0", "paused"], 2, true]);
    }
  });

  check("what a write gives up is not what it starts, unless it says so of that too", async (world) => {
    const workflow = await world.workflow();
    const parent = await starts(world, [child(workflow)], { next: { kind: "hold" } });
    const children = [child(workflow, "1"), child(workflow, "2")];
    const write = { entries: entriesText("1", "2"), children, left: ["0", "2"] };
    granted(await world.save(progress({ ...parent, logLength: 1 }, write)));
    const claimed = new Map((await world.claimDue()).map(({ uuid, isCancelled }) => [uuid, isCancelled]));
    const runs = await childrenOf(world, parent.uuid);
    expect(runs.map(({ uuid }) => claimed.get(uuid))).toEqual([true, false, true]);
  });

  check("with its parent each child is cancelled that is to be, however that ends", async (world) => {
    const { storage } = world;
    const workflow = await world.workflow();
    const own = () => [child(workflow), child(workflow, "1", { isCancelled: false })];
    const failing = await starts(world, own(), { next: { kind: "hold" } });
    const cancelled = await starts(world, own());
    const end = { ...END, status: "failed", error: "no" } as const;
    granted(await world.save(progress({ ...failing, logLength: 1 }, { next: end })));
    // Whoever claims it has it wait for their ends.
    expect(granted(only(await storage.requestControl([cancel(cancelled.uuid)])))).toBe("requested");
    const mark = await world.mark();
    const due = await storage.claimDue({ ...mark, limit: 100, maxBytes: 1e6, patienceMilliseconds: 0 });
    const waiting = present(due.find(({ uuid }) => uuid === cancelled.uuid));
    expect(waiting).toMatchObject({ isCancelled: true, compensates: true });
    const obeys = { compensates: true };
    granted(await world.save(progress(waiting, { entries: entriesText("1"), left: ["0"], obeys, next: WAIT })));
    expect(await world.claimDue()).toEqual([]);
    const [first, second] = await childrenOf(world, failing.uuid);
    const isCancelled = (run?: RunRecord) => due.find(({ uuid }) => uuid === run?.uuid)?.isCancelled;
    expect([isCancelled(first), isCancelled(second)]).toEqual([true, false]);
    // They were claimed before they were given up.
    const [held] = await childrenOf(world, cancelled.uuid);
    expect(uuidsOf(await storage.controlOf(mark.worker))).toContain(present(held).uuid);
  });

  check("a run that fails starts another in the write of its end, once, which has no parent", async (world) => {
    const workflow = await world.workflow({ id: "alert" });
    const runs = await Promise.all([world.held(), world.held()]);
    const end = { ...END, status: "failed", error: "no" } as const;
    const alert = (to: string) => child(to, ON_FAILURE, { isAwaited: false, isCancelled: false });
    const writes = ["alert", "nothing"].map((to, index) =>
      progress(present(runs[index]), {
        entries: index === 0 ? null : entriesText("0"),
        children: [alert(to)],
        next: end,
      }),
    );
    for (let time = 0; time < 2; time++) {
      for (const outcome of await world.storage.saveProgress(writes.map((write) => ({ ...write })))) granted(outcome);
    }
    for (const { uuid } of runs) {
      expect(await world.find(uuid)).toMatchObject({ status: "failed", error: "no" });
      expect(await toldTo(world, uuid)).toEqual([]);
    }
    const started = only(await world.claimDue());
    expect(started).toMatchObject({ workflowUuid: workflow, parentUuid: null, isOnFailure: true, depth: 1 });
    expect(JSON.parse(started.payload)).toEqual({ n: 1 });
    expect(await world.find(started.uuid)).toMatchObject({ parentRunId: null, rootRunId: null });
    expect((await world.held()).isOnFailure).toBe(false);
  });

  check("children that end at once, while their parent is written, are all told", async (world) => {
    const { storage } = world;
    const workflow = await world.workflow();
    const parent = await starts(
      world,
      Array.from({ length: 40 }, (_, index) => child(workflow, String(index))),
      {
        next: { kind: "hold" },
      },
    );
    const claimed = await world.claimDue();
    expect(claimed.length).toBe(40);
    const halves = [claimed.slice(0, 20), claimed.slice(20).toReversed()];
    const [[saved], ...ended] = await Promise.all([
      storage.saveProgress([progress({ ...parent, logLength: 1 }, { entries: entriesText("1"), next: WAIT })]),
      ...halves.map((half) => storage.saveProgress(half.map((run) => progress(run, { next: END })))),
    ]);
    expect(present(saved).kind).toBe("ok");
    for (const outcome of ended.flat()) granted(outcome);
    expect((await toldTo(world, parent.uuid)).length).toBe(40);
    const again = only(await world.claimDue());
    expect(again.inbox.map(({ seq }) => seq)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });
}
