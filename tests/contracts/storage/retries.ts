/** Runs that try others again: stored with what they keep of these, which nobody executes them without. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { keptText } from "../../../src/schemas/log/kept.ts";
import type { NewRetry } from "../../../src/storage/port.ts";
import {
  type Check,
  entry,
  granted,
  keysOf,
  MINUTE,
  NAMESPACE,
  only,
  progress,
  ROOM,
  uuidsOf,
  type World,
} from "./kit.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
const LOG = keptText([[entry("0")]]);

export async function retryOf(world: World, fields: Partial<NewRetry> = {}): Promise<NewRetry> {
  const workflowUuid = fields.workflowUuid ?? (await world.workflow());
  const named = { uuid: newId(world.now()), namespace: NAMESPACE, workflowUuid, version: 1 };
  return { ...named, payload: '{"n":1}', depth: 3, traceparent: null, retryOf: await world.run(), log: LOG, ...fields };
}

export function retryContract(check: Check): void {
  check("one is stored with what it keeps, due at once, and claimed with that", async (world) => {
    const { storage } = world;
    const item = await retryOf(world, { tags: '["a"]' });
    const stored = granted(only(await storage.insertRetries([item])));
    expect(stored).toEqual({ ...stored, uuid: item.uuid, workflowUuid: item.workflowUuid, workflowVersion: 1 });
    expect(await world.find(item.uuid)).toMatchObject({ status: "pending", retryOf: item.retryOf, log: LOG });
    const claimed = (await world.claimDue()).find(({ uuid }) => uuid === item.uuid);
    expect(claimed).toMatchObject({ log: LOG, logLength: 1, depth: 3, token: 1, inbox: [] });
    // The same again is the same run.
    expect(granted(only(await storage.insertRetries([item]))).uuid).toBe(item.uuid);
    expect(await world.claimDue()).toEqual([]);
    const since = { from: Math.floor(world.now() / MINUTE) - 60, minutes: 1, workflows: 10 };
    const { workflows } = await storage.findCounts({ namespace: NAMESPACE, ...since });
    expect(workflows.find(({ workflowUuid }) => workflowUuid === item.workflowUuid)?.created).toBe(1);
  });

  check("nobody takes one by a message, or executes it without what it keeps", async (world) => {
    const { storage } = world;
    const item = await retryOf(world);
    granted(only(await storage.insertRetries([item])));
    expect(await world.claimByMessage([item.uuid])).toEqual([]);
    expect(await storage.findUnclaimed(keysOf([item.uuid]), ROOM)).toMatchObject({ unclaimed: [] });
    const unclaimed = progress({ uuid: item.uuid, token: 0, logLength: 0 }, { startedAt: world.now(), next: END });
    expect(await world.save(unclaimed)).toEqual({ kind: "lost" });
    const told = { workflowUuid: item.workflowUuid, version: 1, payload: item.payload };
    expect(await world.save({ ...unclaimed, told })).toEqual({ kind: "lost" });
  });

  check("one that keeps nothing is a run like any other, and a version that is not there is refused", async (world) => {
    const { storage } = world;
    const bare = await retryOf(world, { log: "[]" });
    granted(only(await storage.insertRetries([bare])));
    expect(uuidsOf(await world.claimByMessage([bare.uuid]))).toEqual([bare.uuid]);
    const outcomes = await storage.insertRetries([
      await retryOf(world, { version: 2 }),
      await retryOf(world, { workflowUuid: newId(world.now()) }),
    ]);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ kind: "error", code: "version_not_found" });
  });

  check("one takes its turn, with what it keeps, under any version", async (world) => {
    const { storage } = world;
    const workflowUuid = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
    const change = {
      namespace: NAMESPACE,
      reference: workflowUuid,
      id: undefined,
      name: "w",
      description: null,
      steps: "[]",
    };
    granted(only(await storage.updateWorkflows([change])));
    const turn = { line: "a", most: 1, onLimit: "queue", rate: null } as const;
    const [first, second] = [
      await retryOf(world, { workflowUuid, turn }),
      await retryOf(world, { workflowUuid, turn }),
    ];
    expect(granted(only(await storage.insertRetries([first]))).waits).toBeUndefined();
    expect(granted(only(await storage.insertRetries([second]))).waits).toBe(true);
    const reject = { ...turn, onLimit: "reject" } as const;
    const third = await retryOf(world, { workflowUuid, turn: reject });
    expect(only(await storage.insertRetries([third]))).toMatchObject({ kind: "error", code: "concurrency_limit" });
    // The first one again, as after a lost answer, is no run more.
    expect(granted(only(await storage.insertRetries([{ ...first, turn: reject }]))).uuid).toBe(first.uuid);
    const run = (await world.claimDue()).find(({ uuid }) => uuid === first.uuid);
    expect(run).toMatchObject({ log: LOG, logLength: 1 });
    if (run !== undefined) granted(await world.save(progress(run, { next: END })));
    await storage.takeTurns(keysOf([first.uuid]));
    expect(only((await world.claimDue()).filter(({ uuid }) => uuid === second.uuid))).toMatchObject({
      log: LOG,
      logLength: 1,
    });
  });

  check("the key of a request is stored with its retry, or neither is", async (world) => {
    const { storage } = world;
    const key = { namespace: NAMESPACE, route: "retry", key: "one", hash: "h" };
    const [first, second] = [
      await retryOf(world, { request: { key, more: '["a"]' } }),
      await retryOf(world, { request: { key, more: '["b"]' } }),
    ];
    const refused = await retryOf(world, { version: 2, request: { key, more: "[]" } });
    expect(only(await storage.insertRetries([refused]))).toMatchObject({ code: "version_not_found" });
    expect(await storage.findRequestKeys([key])).toEqual([null]);
    const outcomes = (await Promise.all([first, second].map((item) => storage.insertRetries([item])))).flat();
    const [one, other] = outcomes.map(granted);
    expect([one?.isTaken ?? false, other?.isTaken ?? false].toSorted()).toEqual([false, true]);
    const [stored, more] = one?.isTaken ? [second, '["b"]'] : [first, '["a"]'];
    expect(await storage.findRequestKeys([key])).toEqual([{ hash: "h", answer: `${stored.uuid}${more}` }]);
    expect(await world.stored([first.uuid, second.uuid])).toEqual([stored.uuid]);
    // The same again, as after a lost answer, is no other request.
    expect(granted(only(await storage.insertRetries([stored]))).isTaken).toBeUndefined();
  });

  check("of a line that rejects, runs that begin later take no room, and a key is looked at first", async (world) => {
    const { storage } = world;
    const workflowUuid = await world.workflow({ options: { text: '{"concurrency":{"limit":1}}', preparesRuns: true } });
    const turn = { line: "a", most: 1, onLimit: "reject", rate: null } as const;
    const preparedFor = { workflowUuid, version: 1 };
    const later = world.newRun(workflowUuid, { preparedFor, turn, startAt: world.now() + MINUTE });
    expect(granted(only(await storage.insertRuns([later]))).waits).toBe(true);
    const key = { namespace: NAMESPACE, route: "retry", key: "one", hash: "h" };
    const retry = () => retryOf(world, { workflowUuid, turn, request: { key, more: "[]" } });
    const first = await retry();
    expect(granted(only(await storage.insertRetries([first]))).uuid).toBe(first.uuid);
    expect(granted(only(await storage.insertRetries([await retry()])))).toMatchObject({ isTaken: true });
    const other = await retryOf(world, { workflowUuid, turn });
    expect(only(await storage.insertRetries([other]))).toMatchObject({ code: "concurrency_limit" });
  });
}
