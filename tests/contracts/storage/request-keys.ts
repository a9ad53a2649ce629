/** Requests that may be repeated: the key of one is stored with what it does, or not at all. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { KEY_MILLISECONDS } from "../../../src/storage/port/runs/request-keys.ts";
import type { NewRun, RequestKey } from "../../../src/storage/port.ts";
import { type Check, granted, NAMESPACE, only, type World } from "./kit.ts";

const KEY: RequestKey = { namespace: NAMESPACE, route: "trigger", key: "a key", hash: "a hash" };

async function insert(world: World, ...items: NewRun[]) {
  return (await world.storage.insertRuns(items)).map(granted);
}

const answerOf = async (world: World, key = KEY) => only(await world.storage.findRequestKeys([key]))?.answer ?? null;

export function requestKeyContract(check: Check): void {
  check("the run of a key is stored once, and the key tells which it is and of which body", async (world) => {
    const workflow = await world.workflow();
    const [first, second] = [0, 1].map(() => world.newRun(workflow, { requestKey: KEY }));
    if (first === undefined || second === undefined) throw new Error("two runs");
    expect(await world.storage.findRequestKeys([KEY])).toEqual([null]);
    expect(only(await insert(world, first))).toMatchObject({ uuid: first.uuid, claimed: false });
    expect(only(await insert(world, second))).toMatchObject({ workflowUuid: workflow, isTaken: true });
    expect(await world.stored([first.uuid, second.uuid])).toEqual([first.uuid]);
    expect(await world.storage.findRequestKeys([KEY, { ...KEY, key: "other" }])).toEqual([
      { hash: "a hash", answer: first.uuid },
      null,
    ]);
    // The same run again, as after a lost answer, is no other request.
    expect(only(await insert(world, first)).isTaken).toBeUndefined();
  });

  check("of many with one key in one batch and at once one is stored", async (world) => {
    const workflow = await world.workflow();
    const items = Array.from({ length: 40 }, () => world.newRun(workflow, { requestKey: KEY }));
    const batches = [items.slice(0, 10), items.slice(10, 30), items.slice(30)];
    const outcomes = (await Promise.all(batches.map((batch) => insert(world, ...batch)))).flat();
    expect(outcomes.filter(({ isTaken }) => isTaken !== true)).toHaveLength(1);
    const stored = await world.stored(items.map(({ uuid }) => uuid));
    expect(stored).toEqual([await answerOf(world)].filter((uuid) => uuid !== null));
  });

  check("keys of other routes and namespaces are others, and so are runs without one", async (world) => {
    const workflow = await world.workflow();
    const run = (requestKey: RequestKey) => world.newRun(workflow, { requestKey });
    const keys = [KEY, { ...KEY, route: "retry" }, { ...KEY, key: "A key" }];
    const outcomes = await insert(world, ...keys.map(run), world.newRun(workflow), world.newRun(workflow));
    expect(outcomes.map(({ isTaken }) => isTaken ?? false)).toEqual(Array(keys.length + 2).fill(false));
    expect(await answerOf(world, { ...KEY, namespace: "other" })).toBeNull();
  });

  check("a run that is not stored leaves its key free", async (world) => {
    const requestKey = KEY;
    expect(only(await world.storage.insertRuns([world.newRun("nothing", { requestKey })]))).toMatchObject({
      code: "workflow_not_found",
    });
    const prepares = await world.workflow({ options: { text: '{"tags":["a"]}', preparesRuns: true } });
    expect(only(await insert(world, world.newRun(prepares, { requestKey })))).toMatchObject({ unprepared: true });
    expect(await answerOf(world)).toBeNull();
    const run = world.newRun(await world.workflow({ id: "w" }), { workflow: "w", requestKey });
    expect(only(await insert(world, run))).toMatchObject({ uuid: run.uuid });
    expect(await answerOf(world)).toBe(run.uuid);
  });

  check("runs that take turns have keys as well; one that is refused leaves it free", async (world) => {
    const workflow = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
    const preparedFor = { workflowUuid: workflow, version: 1 };
    const turn = { line: "a", most: 1, onLimit: "reject" as const, rate: null };
    const run = (requestKey: RequestKey) => world.newRun(workflow, { preparedFor, turn, requestKey });
    const [first, again, other] = [run(KEY), run(KEY), run({ ...KEY, key: "other" })];
    expect(only(await insert(world, first))).toMatchObject({ uuid: first.uuid });
    expect(only(await world.storage.insertRuns([other]))).toMatchObject({ code: "concurrency_limit" });
    expect(await answerOf(world)).toBe(first.uuid);
    expect(await answerOf(world, { ...KEY, key: "other" })).toBeNull();
    // Whoever asked for the first is told of that, not that there is no room for another.
    expect(only(await insert(world, again))).toMatchObject({ isTaken: true });
    const queued = { ...again, turn: { ...turn, onLimit: "queue" as const } };
    expect(only(await insert(world, queued))).toMatchObject({ isTaken: true });
  });

  check("a run with a key is claimed by its insert, or executed before it, as others are", async (world) => {
    const workflow = await world.workflow();
    const claim = await world.mark();
    const end = { kind: "end", status: "success", error: null, stepResults: '{"a":1}' } as const;
    const progress = { told: { workflowUuid: workflow, version: 1 }, startedAt: world.now(), next: end };
    const held = world.newRun(workflow, { claim, requestKey: KEY });
    const over = world.newRun(workflow, { claim, progress, requestKey: { ...KEY, key: "over" } });
    const late = world.newRun(workflow, { uuid: newId(world.now()), claim, progress, requestKey: KEY });
    expect(await insert(world, held, over)).toMatchObject([{ claimed: true }, { ended: true }]);
    expect(only(await insert(world, late))).toMatchObject({ isTaken: true, claimed: false, ended: false });
    expect(await world.find(over.uuid)).toMatchObject({ status: "success" });
  });

  check("a key counts for a day, then it is dropped", async (world) => {
    const workflow = await world.workflow();
    await insert(world, world.newRun(workflow, { requestKey: KEY }));
    await world.storage.maintain(null);
    expect(await answerOf(world)).not.toBeNull();
    if (!world.takesClock) return;
    await world.pass(KEY_MILLISECONDS);
    expect(await answerOf(world)).toBeNull();
    const second = world.newRun(workflow, { requestKey: KEY });
    expect(only(await insert(world, second)).isTaken).toBeUndefined();
    expect(await answerOf(world)).toBe(second.uuid);
    await world.pass(KEY_MILLISECONDS);
    expect(await world.storage.maintain(null)).toBe(false);
    expect(await answerOf(world)).toBeNull();
  });
}
