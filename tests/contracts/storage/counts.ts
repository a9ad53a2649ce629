/** Numbers of runs: each run is counted once when it is made, and once when it ends, however it is written. */
import { expect } from "bun:test";
import { MINUTES_KEPT } from "../../../src/storage/port/finding/counts.ts";
import type { Counts, CountsFound } from "../../../src/storage/port.ts";
import { type Check, entriesText, granted, keysOf, MINUTE, NAMESPACE, only, progress, type World } from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
const FAILED = { ...END, status: "failed", error: "no" } as const;
const NOTHING: Counts = { created: 0, success: 0, failed: 0, cancelled: 0 };

const minuteOf = (world: World) => Math.floor(world.now() / MINUTE);

function counted(
  world: World,
  fields: Partial<Parameters<World["storage"]["findCounts"]>[0]> = {},
): Promise<CountsFound> {
  return world.storage.findCounts({
    namespace: NAMESPACE,
    from: minuteOf(world) - 60,
    minutes: 1,
    workflows: 10,
    ...fields,
  });
}

/** The numbers of a workflow since an hour. */
async function of(world: World, workflowUuid: string): Promise<Counts> {
  const { workflows } = await counted(world);
  const { workflowUuid: _, ...counts } = workflows.find((one) => one.workflowUuid === workflowUuid) ?? {
    workflowUuid,
    ...NOTHING,
  };
  return counts;
}

export function countsContract(check: Check): void {
  check("runs are counted when they are made, and when they end", async (world) => {
    const workflow = await world.workflow();
    const items = Array.from({ length: 5 }, () => world.newRun(workflow));
    for (const outcome of await world.storage.insertRuns(items)) granted(outcome);
    const uuids = items.map(({ uuid }) => uuid);
    expect(await of(world, workflow)).toEqual({ ...NOTHING, created: 5 });
    const [first, second, third, fourth] = await world.claimByMessage(uuids.slice(0, 4));
    for (const [run, next] of [
      [first, END],
      [second, FAILED],
      [third, FAILED],
    ] as const) {
      if (run === undefined) throw new Error("four runs are claimed");
      granted(await world.save(progress(run, { next })));
      // A repeated end is no other.
      granted(await world.save(progress(run, { next })));
    }
    if (fourth === undefined) throw new Error("four runs are claimed");
    granted(await world.save(progress(fourth, { entries: entriesText("0") })));
    granted(only(await world.storage.requestControl([{ ...only(keysOf(uuids.slice(4))), kind: "cancel" }])));
    expect(await of(world, workflow)).toEqual({ created: 5, success: 1, failed: 2, cancelled: 1 });
    // So is a repeated insert.
    for (const outcome of await world.storage.insertRuns(items)) granted(outcome);
    expect(await of(world, workflow)).toEqual({ created: 5, success: 1, failed: 2, cancelled: 1 });
    expect(await world.storage.findCounts({ namespace: "theirs", from: 0, minutes: 1, workflows: 10 })).toEqual({
      parts: [],
      workflows: [],
      failures: [],
    });
  });

  check("a run that is stored with its end is counted for both, a child for its own workflow", async (world) => {
    const [workflow, other] = [await world.workflow(), await world.workflow()];
    const told = { workflowUuid: workflow, version: 1 };
    const ended = { told, startedAt: world.now(), next: END };
    const item = world.newRun(workflow, { progress: ended });
    expect(granted(only(await world.storage.insertRuns([item]))).ended).toBe(true);
    const parent = only(await world.claimByMessage([await added(world, workflow)]));
    const child = {
      uuid: null,
      path: "0",
      workflow: other,
      version: null,
      payload: "{}",
      isAwaited: true,
      isCancelled: true,
    };
    granted(
      await world.save(
        progress(parent, { entries: entriesText("0"), children: [child], next: { kind: "due", dueAt: null } }),
      ),
    );
    expect(await of(world, workflow)).toEqual({ ...NOTHING, created: 2, success: 1 });
    expect(await of(world, other)).toEqual({ ...NOTHING, created: 1 });
  });

  check("what is refused is not counted", async (world) => {
    const workflow = await world.workflow();
    const taken = world.newRun(workflow, { namespace: "theirs" });
    const outcomes = await world.storage.insertRuns([world.newRun("nobody"), taken, world.newRun(workflow)]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(["error", "error", "ok"]);
    const run = only(await world.claimByMessage([granted(outcomes[2] ?? { kind: "lost" }).uuid]));
    expect(await world.save(progress({ ...run, token: 7 }, { next: END }))).toEqual({ kind: "lost" });
    expect(await of(world, workflow)).toEqual({ ...NOTHING, created: 1 });
  });

  check("they fall into parts, and workflows with the most failures come first", async (world) => {
    const [quiet, busy, broken] = [await world.workflow(), await world.workflow(), await world.workflow()];
    for (const workflow of [quiet, busy, busy, broken]) await added(world, workflow);
    granted(
      await world.save(progress(only(await world.claimByMessage([await added(world, broken)])), { next: FAILED })),
    );
    const { parts, workflows, failures } = await counted(world, {
      from: minuteOf(world) - (minuteOf(world) % 60),
      minutes: 60,
      workflows: 2,
    });
    expect(workflows.map(({ workflowUuid }) => workflowUuid)).toEqual([broken, busy]);
    // The hour may have turned meanwhile.
    expect(parts.reduce((sum, { created }) => sum + created, 0)).toBe(5);
    for (const { at } of parts) expect(at % 60).toBe(0);
    // It is told when those failed that did.
    expect(failures).toEqual([{ workflowUuid: broken, at: expect.any(Number), failed: 1 }]);
    expect(parts.find(({ at }) => at === failures[0]?.at)?.failed).toBe(1);
  });
}

/** A part of the contract for storages that go by a clock that is handed in. */
export function countsByTimeContract(check: Check): void {
  check("minutes are told apart for two hours, hours for eight days", async (world) => {
    const workflow = await world.workflow();
    const began = minuteOf(world);
    await added(world, workflow);
    await world.pass(5 * MINUTE);
    await added(world, workflow);
    const all = (minutes: number) => counted(world, { from: began - (began % 60), minutes });
    await world.storage.maintain(null);
    expect((await all(1)).parts.map(({ at, created }) => [at - began, created])).toEqual([
      [0, 1],
      [5, 1],
    ]);
    await world.pass((MINUTES_KEPT + 60) * MINUTE);
    await added(world, workflow);
    await world.storage.maintain(null);
    await world.storage.maintain(null);
    expect((await all(60)).parts.map(({ created }) => created)).toEqual([2, 1]);
    expect((await all(1)).parts.map(({ at }) => at - began)).toEqual([0, MINUTES_KEPT + 65]);
    expect((await all(60)).workflows).toEqual([{ workflowUuid: workflow, ...NOTHING, created: 3 }]);
    await world.pass(9 * 24 * 60 * MINUTE);
    await world.storage.maintain(null);
    await world.storage.maintain(null);
    expect(await all(60)).toEqual({ parts: [], workflows: [], failures: [] });
  });
}

async function added(world: World, workflow: string): Promise<string> {
  const item = world.newRun(workflow);
  granted(only(await world.storage.insertRuns([item])));
  return item.uuid;
}

/** What a storage says of what it holds. */
export function figuresContract(check: Check): void {
  check(
    "runs that are due, asleep, waiting or paused are counted, and what was counted is kept for a while",
    async (world) => {
      const { storage } = world;
      await world.runs(3);
      await world.run({ graceMilliseconds: MINUTE });
      await world.held();
      const sleeping = [await world.held(), await world.held()];
      const next = { kind: "due", dueAt: world.now() + MINUTE } as const;
      for (const outcome of await storage.saveProgress(sleeping.map((run) => progress(run, { next }))))
        granted(outcome);
      granted(await world.save(progress(await world.held(), { next: { kind: "due", dueAt: null } })));
      const paused = { namespace: "default", uuid: await world.run(), kind: "pause" } as const;
      for (const outcome of await storage.requestControl([paused])) granted(outcome);
      const workflowUuid = await world.workflow({
        options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true },
      });
      const lined = {
        preparedFor: { workflowUuid, version: 1 },
        turn: { line: "a", most: 1, onLimit: "queue", rate: null },
      } as const;
      const items = [world.newRun(workflowUuid, lined), world.newRun(workflowUuid, lined)];
      for (const outcome of await storage.insertRuns(items)) granted(outcome);
      const figures = await storage.figures();
      expect(figures).toMatchObject({ due: 4, asleep: 2, waiting: 1, inLine: 1, paused: 1 });
      await world.runs(2);
      expect(figures).toMatchObject({ owed: null, oldestOwedAt: null, oldestEndedAt: null });
      expect(await storage.figures()).toEqual(figures);
    },
  );
}
