/** Runs: stored by a trigger that names a workflow, and read. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { InsertedRun, NewRun, Outcome } from "../../../src/storage/port.ts";
import { type Check, granted, keysOf, MINUTE, NAMESPACE, only, progress, uuidsOf, type World } from "./kit.ts";

const key = (reference: string) => ({ namespace: NAMESPACE, reference });

/** One bad run among 500, and what it gets. */
const BAD: { name: string; at: number; spoil: (run: NewRun) => NewRun; outcome: object }[] = [
  {
    name: "whose workflow does not exist",
    at: 0,
    spoil: (run) => ({ ...run, workflow: "nothing" }),
    outcome: { kind: "error", code: "workflow_not_found", subject: "nothing" },
  },
  {
    name: "whose payload is not JSON",
    at: 250,
    spoil: (run) => ({ ...run, payload: '{"a":' }),
    outcome: { kind: "error", code: "unstorable" },
  },
  {
    name: "whose payload is empty text",
    at: 499,
    spoil: (run) => ({ ...run, payload: "" }),
    outcome: { kind: "error", code: "unstorable" },
  },
];

async function stored(world: World, items: NewRun[]): Promise<boolean[]> {
  return (await world.findRuns(items.map(({ uuid }) => uuid))).map((run) => run !== null);
}

export function runContract(check: Check): void {
  check("says which runs there are, whatever became of them", async (world) => {
    const [pending, held] = [await world.run(), await world.held()];
    const asked = [newId(world.now()), pending, "nonsense", held.uuid];
    expect(await world.stored(asked)).toEqual([pending, held.uuid].sort());
  });

  check("a new run is pending and as it was triggered", async (world) => {
    const before = world.now();
    const workflow = await world.workflow({ id: "orders" });
    const payload = '{"größe":"🚚\\n","n":[1,null,{"a":""}]}';
    const item = world.newRun("orders", { payload, graceMilliseconds: MINUTE });
    expect(await world.storage.insertRuns([item])).toEqual([
      {
        kind: "ok",
        value: { uuid: item.uuid, workflowUuid: workflow, workflowVersion: 1, claimed: false, ended: false },
      },
    ]);
    const { payload: read, createdAt, ...rest } = await world.find(item.uuid);
    expect(JSON.parse(read)).toEqual(JSON.parse(payload));
    expect(createdAt).toBeWithin(before, world.now() + 1);
    expect(rest).toEqual({
      uuid: item.uuid,
      id: item.uuid,
      workflowUuid: workflow,
      workflowVersion: 1,
      status: "pending",
      startedAt: null,
      completedAt: null,
      error: null,
      parentRunId: null,
      rootRunId: null,
      stepResults: null,
      log: "[]",
      output: null,
      errorDetails: null,
      tags: null,
      startAt: null,
      priority: null,
      control: null,
      cancelReason: null,
      retryOf: null,
    });
  });

  check("the runs that have ended are told from the others, in their namespace", async (world) => {
    const [open, held, over] = [await world.run(), await world.held(), await world.held()];
    const end = { kind: "end", status: "failed", error: "no", stepResults: "{}" } as const;
    granted(await world.save(progress(over, { next: end })));
    const keys = keysOf([open, held.uuid, over.uuid, newId(world.now()), "none"]);
    expect(uuidsOf(await world.storage.endedRuns(keys))).toEqual([over.uuid]);
    expect(await world.storage.endedRuns([{ namespace: "other", uuid: over.uuid }])).toEqual([]);
  });

  check("a new run has the tags that it was stored with, in every read", async (world) => {
    const item = world.newRun(await world.workflow(), { tags: '["b","a"]' });
    granted(only(await world.storage.insertRuns([item])));
    const read = await world.find(item.uuid);
    expect(JSON.parse(read.tags ?? "")).toEqual(["b", "a"]);
    const page = { namespace: NAMESPACE, limit: 9, order: "desc", after: null } as const;
    expect(await world.storage.listRuns(page)).toEqual([read]);
  });

  check("runs are found in the order that was asked for, null for what there is not", async (world) => {
    const [a, b] = [await world.run(), await world.run()];
    const found = await world.findRuns([b, newId(world.now()), "nonsense", a, b]);
    expect(found.map((run) => run?.uuid ?? null)).toEqual([b, null, null, a, b]);
    expect(await world.findRuns([])).toEqual([]);
  });

  check("an author's id starts the newest workflow that is not deleted", async (world) => {
    const old = await world.workflow({ id: "orders" });
    const young = await world.workflow({ id: "orders" });
    const trigger = async (): Promise<Outcome<InsertedRun>> =>
      only(await world.storage.insertRuns([world.newRun("orders")]));
    expect(granted(await trigger())).toMatchObject({ workflowUuid: young, workflowVersion: 1 });
    await world.storage.deleteWorkflows([key(young)]);
    expect(granted(await trigger())).toMatchObject({ workflowUuid: old, workflowVersion: 1 });
    await world.storage.deleteWorkflows([key(old)]);
    expect(await trigger()).toEqual({ kind: "error", code: "workflow_not_found", subject: "orders" });
  });

  check("a deleted workflow starts nothing and its runs stay", async (world) => {
    const workflow = await world.workflow();
    const before = world.newRun(workflow);
    await world.storage.insertRuns([before]);
    await world.storage.deleteWorkflows([key(workflow)]);
    expect(await world.storage.insertRuns([world.newRun(workflow)])).toEqual([
      { kind: "error", code: "workflow_not_found", subject: workflow },
    ]);
    expect(await world.find(before.uuid)).toMatchObject({ status: "pending", workflowUuid: workflow });
    expect(await world.claimDue()).toMatchObject([{ uuid: before.uuid }]);
  });

  check("a run starts nothing of another namespace", async (world) => {
    const workflow = await world.workflow({ namespace: "theirs", id: "orders" });
    for (const reference of [workflow, "orders"]) {
      const [outcome] = await world.storage.insertRuns([world.newRun(reference)]);
      expect(outcome).toMatchObject({ kind: "error", code: "workflow_not_found" });
    }
  });

  check("a run is found in its namespace alone", async (world) => {
    const workflow = await world.workflow({ namespace: "theirs" });
    const item = world.newRun(workflow, { namespace: "theirs" });
    granted(only(await world.storage.insertRuns([item])));
    const { uuid } = item;
    const keys = [NAMESPACE, "theirs", NAMESPACE, ""].map((namespace) => ({ namespace, uuid }));
    const found = await world.storage.findRuns(keys);
    expect(found.map((run) => run?.uuid ?? null)).toEqual([null, uuid, null, null]);
    expect(found[1]).not.toHaveProperty("namespace");
  });

  check("namespaces and ids with spaces in one batch are told apart", async (world) => {
    const first = await world.workflow({ namespace: "a", id: "b c" });
    const second = await world.workflow({ namespace: "a b", id: "c" });
    const outcomes = await world.storage.insertRuns([
      world.newRun("b c", { namespace: "a" }),
      world.newRun("c", { namespace: "a b" }),
    ]);
    expect(outcomes.map(granted)).toMatchObject([{ workflowUuid: first }, { workflowUuid: second }]);
  });

  check("the same uuid twice is stored once, the first stays", async (world) => {
    const workflow = await world.workflow();
    const item = world.newRun(workflow, { payload: '{"n":1}' });
    const again = { ...item, payload: '{"n":2}' };
    const outcomes = await world.storage.insertRuns([item, again]);
    expect(outcomes).toEqual(
      [item, again].map(() => ({
        kind: "ok",
        value: { uuid: item.uuid, workflowUuid: workflow, workflowVersion: 1, claimed: false, ended: false },
      })),
    );
    const claimed = await world.claimDue();
    expect(claimed.map(({ payload }) => JSON.parse(payload))).toEqual([{ n: 1 }]);
    granted(only(await world.storage.insertRuns([again])));
    expect(await world.find(item.uuid)).toMatchObject({ status: "running" });
    expect(await world.claimDue()).toEqual([]);
  });

  for (const { name, at, spoil, outcome } of BAD) {
    check(`of 500 runs with one ${name}, 499 are stored`, async (world) => {
      const workflow = await world.workflow();
      const items = Array.from({ length: 500 }, (_, index) => {
        const run = world.newRun(workflow, { payload: `{"n":${index}}` });
        return index === at ? spoil(run) : run;
      });
      const outcomes = await world.storage.insertRuns(items);
      expect(outcomes[at]).toMatchObject(outcome);
      expect(outcomes.map(({ kind }) => kind)).toEqual(items.map((_, index) => (index === at ? "error" : "ok")));
      expect(await stored(world, items)).toEqual(items.map((_, index) => index !== at));
    });
  }

  check("of 500 runs, some bad and some twice, each has its own outcome in order", async (world) => {
    const workflow = await world.workflow();
    const kinds = ["ok", "twice", "nowhere", "broken"] as const;
    const items: NewRun[] = [];
    for (let index = 0; index < 500; index++) {
      const run = world.newRun(workflow);
      const kind = kinds[index % kinds.length];
      if (kind === "twice") items.push({ ...run, uuid: items.at(-1)?.uuid ?? run.uuid });
      else if (kind === "nowhere") items.push({ ...run, workflow: `nothing ${index}` });
      else items.push(kind === "broken" ? { ...run, payload: "undefined" } : run);
    }
    const outcomes = await world.storage.insertRuns(items);
    const said: string[] = outcomes.map((outcome) => (outcome.kind === "error" ? outcome.code : outcome.kind));
    const expected = ["ok", "ok", "workflow_not_found", "unstorable"];
    expect(said).toEqual(items.map((_, index) => expected[index % expected.length] ?? ""));
    expect(outcomes[402]).toMatchObject({ subject: "nothing 402" });
    expect(await stored(world, items)).toEqual(items.map((_, index) => index % 4 < 2));
    expect(await world.claimDue()).toHaveLength(125);
  });

  check("an empty batch is answered with nothing", async (world) => {
    const { storage } = world;
    expect(await storage.insertRuns([])).toEqual([]);
    expect(await storage.insertWorkflows([])).toEqual([]);
    expect(await storage.saveProgress([])).toEqual([]);
    expect(await world.claimByMessage([])).toEqual([]);
  });
}
