/** Every update makes a version; versions stay readable, and a run keeps the one that it was triggered with. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { NewRun, WorkflowChange } from "../../../src/storage/port.ts";
import { type Check, granted, NAMESPACE, only, present, type World } from "./kit.ts";

const steps = (name: string) => JSON.stringify([{ name, type: "transform", config: { value: 1 } }]);

function change(reference: string, fields: Partial<WorkflowChange> = {}): WorkflowChange {
  return { namespace: NAMESPACE, reference, id: undefined, name: "changed", description: null, steps: "[]", ...fields };
}

function find(world: World, reference: string, version: number | null = null) {
  return world.storage.findWorkflows([{ namespace: NAMESPACE, reference, version }]).then(only);
}

export function versionContract(check: Check): void {
  check("an update makes the next version, the ones before stay as they were", async (world) => {
    const uuid = await world.workflow({ id: "orders", name: "first", description: "one", steps: steps("a") });
    const first = present(await find(world, uuid));
    await world.pass(5);
    const updated = await world.storage.updateWorkflows([change("orders", { name: "second", steps: steps("b") })]);
    expect(updated).toEqual([{ kind: "ok", value: { uuid, version: 2 } }]);

    const newest = present(await find(world, "orders"));
    expect(newest).toMatchObject({ uuid, id: "orders", name: "second", description: null, version: 2 });
    expect(JSON.parse(newest.steps)).toEqual(JSON.parse(steps("b")));
    expect(newest.createdAt).toBe(first.createdAt);
    expect(newest.updatedAt).toBeGreaterThan(first.updatedAt);
    expect(await find(world, uuid, 1)).toEqual(first);
    expect(await find(world, uuid, 2)).toEqual(newest);
    for (const missing of [0, 3]) expect(await find(world, uuid, missing)).toBeNull();
  });

  check("an update keeps the id where it gives none, and changes it where it does", async (world) => {
    const uuid = await world.workflow({ id: "old" });
    await world.storage.updateWorkflows([change("old")]);
    expect(await find(world, "old")).toMatchObject({ uuid, version: 2 });
    await world.storage.updateWorkflows([change(uuid, { id: "new" })]);
    expect(await find(world, "old")).toBeNull();
    expect(await find(world, "new")).toMatchObject({ uuid, version: 3 });
  });

  check("the same workflow twice in a batch gets two versions", async (world) => {
    const uuid = await world.workflow();
    const outcomes = await world.storage.updateWorkflows([
      change(uuid, { steps: steps("b") }),
      change(uuid, { steps: steps("c") }),
    ]);
    expect(outcomes.map(granted)).toEqual([
      { uuid, version: 2 },
      { uuid, version: 3 },
    ]);
    expect(present(await find(world, uuid, 2)).steps).toContain('"b"');
    expect(present(await find(world, uuid)).steps).toContain('"c"');
  });

  check("inserting a workflow again takes back no update", async (world) => {
    const item = world.newWorkflow({ name: "first" });
    await world.storage.insertWorkflows([item]);
    await world.storage.updateWorkflows([change(item.uuid)]);
    await world.storage.insertWorkflows([item]);
    expect(await find(world, item.uuid)).toMatchObject({ name: "changed", version: 2 });
    expect(await find(world, item.uuid, 1)).toMatchObject({ name: "first" });
  });

  check("of 500 updates with one that is not JSON and one that names nothing, 498 are done", async (world) => {
    const items = Array.from({ length: 500 }, () => world.newWorkflow());
    await world.storage.insertWorkflows(items);
    const changes = items.map(({ uuid }, index) => change(index === 40 ? "nothing" : uuid));
    const outcomes = await world.storage.updateWorkflows(
      changes.with(300, change(items[300]?.uuid ?? "", { steps: "{" })),
    );
    expect(outcomes.flatMap(({ kind }, index) => (kind === "ok" ? [] : [index]))).toEqual([40, 300]);
    expect(outcomes[40]).toEqual({ kind: "error", code: "workflow_not_found", subject: "nothing" });
    expect(outcomes[300]).toMatchObject({ kind: "error", code: "unstorable" });
    const lookups = items.map(({ uuid }) => ({ namespace: NAMESPACE, reference: uuid, version: null }));
    const found = await world.storage.findWorkflows(lookups);
    expect(found.flatMap((workflow, index) => (workflow?.version === 2 ? [] : [index]))).toEqual([40, 300]);
  });

  check("versions are found by key in order, those of deleted workflows too", async (world) => {
    const uuid = await world.workflow({ steps: steps("a") });
    await world.storage.updateWorkflows([change(uuid, { steps: steps("b") })]);
    await world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference: uuid }]);
    const keys = [
      { namespace: NAMESPACE, workflowUuid: uuid, version: 2 },
      { namespace: NAMESPACE, workflowUuid: uuid, version: 3 },
      { namespace: NAMESPACE, workflowUuid: newId(world.now()), version: 1 },
      { namespace: NAMESPACE, workflowUuid: uuid, version: 1 },
    ];
    const found = await world.storage.findVersions(keys);
    expect(found.map((text) => (text === null ? null : JSON.parse(text).steps[0].name))).toEqual([
      "b",
      null,
      null,
      "a",
    ]);
  });

  check("what an author wrote beside the steps is kept with each version, as it was written", async (world) => {
    const text = '{"output":{"b":"${a}","a":null},"timeout":60}';
    const uuid = await world.workflow({ steps: steps("a"), options: { text, preparesRuns: false } });
    const first = present(await find(world, uuid));
    expect(first.options).toBe(text);
    await world.storage.updateWorkflows([
      change(uuid, { options: { text: '{"tags":["b"]}', preparesRuns: true } }),
      change(uuid),
    ]);
    const kept = [1, 2, 3].map(async (version) => present(await find(world, uuid, version)).options);
    expect(await Promise.all(kept)).toEqual([text, '{"tags":["b"]}', null]);
    expect(present(await find(world, uuid)).options).toBeNull();
    const page = await world.storage.listWorkflows({ namespace: NAMESPACE, limit: 9, order: "desc", after: null });
    expect(page.map(({ options }) => options)).toEqual([null]);

    const keys = [1, 2, 3].map((version) => ({ namespace: NAMESPACE, workflowUuid: uuid, version }));
    const found = (await world.storage.findVersions(keys)).map(present);
    expect(JSON.parse(present(found[0]))).toEqual({ steps: JSON.parse(steps("a")), ...JSON.parse(text) });
    expect(found.slice(1)).toEqual(['{"steps":[],"tags":["b"]}', '{"steps":[]}']);
  });

  check("options that are no JSON are refused", async (world) => {
    const options = { text: '{"output":', preparesRuns: false };
    expect(await world.storage.insertWorkflows([world.newWorkflow({ options })])).toMatchObject([
      { kind: "error", code: "unstorable" },
    ]);
  });

  check("a run keeps the version that it was triggered with", async (world) => {
    const uuid = await world.workflow({ id: "orders" });
    const [first, second] = [world.newRun("orders"), world.newRun("orders")];
    const trigger = async (run: NewRun) => granted(only(await world.storage.insertRuns([run])));
    expect(await trigger(first)).toMatchObject({ workflowUuid: uuid, workflowVersion: 1 });
    await world.storage.updateWorkflows([change(uuid)]);
    expect(await trigger(second)).toMatchObject({ workflowUuid: uuid, workflowVersion: 2 });
    const versions = { [first.uuid]: 1, [second.uuid]: 2 };
    for (const [run, version] of Object.entries(versions)) {
      expect(await world.find(run)).toMatchObject({ workflowUuid: uuid, workflowVersion: version });
    }
    const claimed = await world.claimDue();
    expect(Object.fromEntries(claimed.map((run) => [run.uuid, run.workflowVersion]))).toEqual(versions);
  });
}
