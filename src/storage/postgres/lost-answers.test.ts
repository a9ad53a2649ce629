/** Writes that were applied and whose answers were lost: none is done twice, and none is denied that was done. */
import { afterAll, expect, test } from "bun:test";
import { createConnection, createServer, type Socket } from "node:net";
import { granted, MINUTE, NAMESPACE, only, World } from "../../../tests/contracts/storage/kit.ts";
import { retryOf } from "../../../tests/contracts/storage/retries.ts";
import { PlatformError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import { SETTLED_MILLISECONDS } from "../../schemas/lists/page.ts";
import type { NewHook, NewSchedule, NewSignal } from "../port.ts";
import { newDatabase, optionsFor } from "./database.fixture.ts";
import { openPostgresStorage } from "./index.ts";

/** The end of an answer, whose transaction is committed then. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

const { url } = await newDatabase("lost_answers");
const { port } = new URL(url);
/** The statements with this text lose their next answer; empty for none. */
let losing = "";
/** How long nothing comes before the connection breaks. */
let silentMilliseconds = 0;
const listener = createServer(join).listen(0, "127.0.0.1");
await new Promise((resolve) => listener.once("listening", resolve));

function join(client: Socket): void {
  const server = createConnection(Number(port), "127.0.0.1");
  let isLosing = false;
  for (const socket of [client, server]) {
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      client.destroy();
      server.destroy();
    });
  }
  client.on("data", (bytes: Buffer) => {
    if (losing !== "" && bytes.toString("latin1").includes(losing)) {
      losing = "";
      isLosing = true;
    }
    server.write(bytes);
  });
  server.on("data", (bytes: Buffer) => {
    if (!isLosing) client.write(bytes);
    else if (bytes.subarray(-READY.length).equals(READY)) setTimeout(() => client.destroy(), silentMilliseconds);
  });
}

const bound = listener.address();
if (bound === null || typeof bound === "string") throw new Error("it has no port");
const { storage } = await openPostgresStorage(optionsFor(url.replace(`:${port}/`, `:${bound.port}/`), url));
const world = await World.open({ open: async () => storage, takesClock: false });
afterAll(async () => {
  await storage.close();
  listener.close();
});

/** What comes of a write whose answer is lost; `unavailable` where it says that it may have been applied. */
async function lost<Value>(text: string, write: () => Promise<Value>): Promise<Value | "unavailable"> {
  losing = text;
  try {
    return await write();
  } catch (error) {
    if (error instanceof PlatformError && error.code === "storage_unavailable") return "unavailable";
    throw error;
  } finally {
    expect(losing).toBe("");
    losing = "";
  }
}

/** What came of a write that was applied once more, or found that it was applied. */
async function given<Value>(outcome: Promise<Value | "unavailable">): Promise<Value> {
  const value = await outcome;
  if (value === "unavailable") throw new Error("it was not repeated");
  return value;
}

const newSignal = (uuid: string): NewSignal => ({
  ...{ namespace: NAMESPACE, uuid, id: newId(world.now()), name: "go", waiting: [], body: "1" },
});

test("a signal is in its inbox once, and its sender is told that it may be there", async () => {
  const uuid = await world.run();
  expect(await lost("put_signals", () => storage.putSignals([newSignal(uuid)]))).toBe("unavailable");
  expect(only(await storage.findInbox([{ uuid, after: 0 }]))).toHaveLength(1);
});

test("a signal with a key is sent again, and is in its inbox once", async () => {
  const uuid = await world.run();
  const requestKey = { namespace: NAMESPACE, route: `signals ${uuid}`, key: "a", hash: "h" };
  const signal = { ...newSignal(uuid), requestKey };
  const [outcome] = await given(lost("put_signals", () => storage.putSignals([signal])));
  expect(outcome).toMatchObject({ kind: "ok", value: { isTaken: true } });
  expect(only(await storage.findInbox([{ uuid, after: 0 }]))).toMatchObject([{ id: signal.id }]);
});

test("a schedule that is stored is not said to be another's, nor one that is deleted to be unknown", async () => {
  const own = { uuid: newId(world.now()), namespace: NAMESPACE, id: "nightly", workflow: "report", settings: "{}" };
  const position = { nextAt: world.now(), waiting: [], backfill: null };
  const item: NewSchedule = { ...own, position, dueAt: world.now() + MINUTE, createdAt: world.now() };
  granted(await given(lost("insert into schedules", () => storage.schedules.insert(item))));
  expect(await storage.schedules.find(item)).toMatchObject({ uuid: item.uuid, revision: 1 });
  expect(await lost("delete from schedules", () => storage.schedules.delete(item))).toBe("unavailable");
  expect(await storage.schedules.find(item)).toBeNull();
});

test("the ticks of a backfill are asked for once, and its sender is told that they may be", async () => {
  const own = { uuid: newId(world.now()), namespace: NAMESPACE, id: "filled", workflow: "report", settings: "{}" };
  const position = { nextAt: null, waiting: [], backfill: null };
  const item: NewSchedule = { ...own, position, dueAt: null, createdAt: world.now() };
  granted(only([await storage.schedules.insert(item)]));
  const to = { position: { ...position, backfill: { next: 1, to: 2 } }, dueAt: world.now() + MINUTE };
  const move = { schedule: own.uuid, revision: 1, to, skipped: null, run: null };
  expect(await lost("move_schedules", () => storage.schedules.move([move]))).toBe("unavailable");
  expect(await storage.schedules.find(item)).toMatchObject({ revision: 2, position: to.position });
});

test("a hook is made, gets its other token, and is gone", async () => {
  const own = { uuid: newId(world.now()), namespace: NAMESPACE, workflow: "report", tokenHash: "a" };
  const item: NewHook = { ...own, verify: null, filter: null, createdAt: world.now() };
  granted(await given(lost("insert into hooks", () => storage.hooks.insert(item))));
  granted(await given(lost("update hooks", () => storage.hooks.rotate(item, "b"))));
  expect(await storage.hooks.findByToken("b")).toMatchObject({ uuid: item.uuid });
  expect(await lost("delete from hooks", () => storage.hooks.delete(item))).toBe("unavailable");
  expect(await storage.hooks.find(item)).toBeNull();
});

test("an action upon many runs is begun once", async () => {
  const bulk = { uuid: newId(world.now()), namespace: NAMESPACE, action: "cancel" as const, settings: { filter: {} } };
  expect(await lost("insert into bulk_actions", () => storage.bulk.insert(bulk))).toBe(true);
  expect(await storage.bulk.list({ namespace: NAMESPACE, after: null, limit: 9 })).toMatchObject([{ uuid: bulk.uuid }]);
});

test("runs, retries of them and workflows are stored once", async () => {
  const workflow = await world.workflow();
  const [run, retry] = [world.newRun(workflow), await retryOf(world)];
  expect(await given(lost("insert_runs_by_uuid", () => storage.insertRuns([run])))).toMatchObject([{ kind: "ok" }]);
  expect(await given(lost("insert_retry", () => storage.insertRetries([retry])))).toMatchObject([{ kind: "ok" }]);
  expect(await world.stored([run.uuid, retry.uuid])).toHaveLength(2);
  const key = { namespace: NAMESPACE, reference: workflow };
  const change = { ...key, id: undefined, name: "b", description: null, steps: "[]" };
  expect(await lost("change_workflow", () => storage.updateWorkflows([change]))).toBe("unavailable");
  expect(await lost("update workflow_definitions", () => storage.deleteWorkflows([key]))).toBe("unavailable");
  const [back] = await given(
    lost("update workflow_definitions", () => storage.undeleteWorkflows([{ ...key, since: 0 }])),
  );
  expect(back).toMatchObject({ kind: "ok", value: { version: 2 } });
});

test("what was stored under an id that is too old by then is found by that", async () => {
  silentMilliseconds = SETTLED_MILLISECONDS + 500;
  const item = { ...world.newWorkflow({ name: "once" }), uuid: null };
  const [workflow] = await given(lost("insert_workflows", () => storage.insertWorkflows([item])));
  const retry = { ...(await retryOf(world)), uuid: null };
  const [retried] = await given(lost("insert_retry", () => storage.insertRetries([retry])));
  const [run] = await given(
    lost("insert_runs_by_uuid", () => storage.insertRuns([{ ...world.newRun(retry.workflowUuid), uuid: null }])),
  );
  silentMilliseconds = 0;
  expect([workflow, retried, run].map((outcome) => outcome?.kind)).toEqual(["ok", "ok", "ok"]);
  const page = { namespace: NAMESPACE, limit: 100, order: "desc", after: null } as const;
  const named = (await storage.listWorkflows(page)).filter(({ name }) => name === "once");
  expect(named).toHaveLength(1);
  const { runs } = await storage.lookForRuns({ ...page, most: 100, filter: { retryOf: retry.retryOf } });
  expect(runs).toHaveLength(1);
});
