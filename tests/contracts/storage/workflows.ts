/** Definitions: stored, found by uuid and by their author's id, deleted. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import type { NewWorkflow } from "../../../src/storage/port.ts";
import { type Check, granted, NAMESPACE, only, present, type World } from "./kit.ts";

const lookup = (reference: string) => ({ namespace: NAMESPACE, reference, version: null });
const key = (reference: string) => ({ namespace: NAMESPACE, reference });

/** The uuid of the workflow that a reference names now. */
async function named(world: World, reference: string): Promise<string | null> {
  return only(await world.storage.findWorkflows([lookup(reference)]))?.uuid ?? null;
}

export function workflowContract(check: Check): void {
  check("one is found by its uuid, as it was stored", async (world) => {
    const before = world.now();
    const fields = { id: "orders", name: "Größe 🚚", description: "NL\n\u2028", steps: '[{"name":"ключ"}]' };
    const uuid = await world.workflow(fields);
    const found = present(only(await world.storage.findWorkflows([lookup(uuid)])));
    const { steps, createdAt, updatedAt, ...rest } = found;
    expect(rest).toEqual({
      uuid,
      id: fields.id,
      name: fields.name,
      description: fields.description,
      options: null,
      version: 1,
    });
    expect(JSON.parse(steps)).toEqual(JSON.parse(fields.steps));
    expect(createdAt).toBeWithin(before, world.now() + 1);
    expect(updatedAt).toBe(createdAt);
    expect(await named(world, uuid.toUpperCase())).toBe(uuid);
  });

  check("a missing id and description stay null", async (world) => {
    const uuid = await world.workflow();
    expect(only(await world.storage.findWorkflows([lookup(uuid)]))).toMatchObject({ id: null, description: null });
  });

  check("answers come in the order of the questions, null for what there is not", async (world) => {
    const [a, b] = [await world.workflow({ id: "a" }), await world.workflow()];
    const found = await world.storage.findWorkflows(["nothing", b, newId(world.now()), "a", b].map(lookup));
    expect(found.map((workflow) => workflow?.uuid ?? null)).toEqual([null, b, null, a, b]);
  });

  check("the newest workflow answers to an author's id, deleted ones are skipped", async (world) => {
    const [first, second, third] = [
      await world.workflow({ id: "orders" }),
      await world.workflow({ id: "orders" }),
      await world.workflow({ id: "orders" }),
    ];
    for (const [answers, deleted] of [
      [third, second],
      [third, third],
      [first, first],
    ] as const) {
      expect(await named(world, "orders")).toBe(answers);
      expect(await world.storage.deleteWorkflows([key(deleted)])).toEqual([{ kind: "ok", value: { uuid: deleted } }]);
    }
    expect(await named(world, "orders")).toBeNull();
  });

  check("a uuid comes before an author's id of the same text, that of a deleted workflow too", async (world) => {
    const first = await world.workflow();
    const second = await world.workflow({ id: first });
    expect(await named(world, first)).toBe(first);
    await world.storage.deleteWorkflows([key(first)]);
    expect(await named(world, first)).toBeNull();
    expect(await named(world, second)).toBe(second);
    expect(await world.storage.deleteWorkflows([key(first)])).toMatchObject([{ kind: "error" }]);
    const inserted = await world.storage.insertRuns([world.newRun(first)]);
    expect(inserted).toMatchObject([{ kind: "error", code: "workflow_not_found" }]);
    expect(await named(world, second)).toBe(second);
  });

  check("namespaces do not see each other", async (world) => {
    const mine = await world.workflow({ id: "orders" });
    const theirs = await world.workflow({ id: "orders", namespace: "theirs" });
    expect(await named(world, "orders")).toBe(mine);
    expect(await named(world, theirs)).toBeNull();
    expect(await world.storage.deleteWorkflows([key(theirs)])).toMatchObject([{ kind: "error" }]);
    expect(await world.storage.findWorkflows([{ ...lookup("orders"), namespace: "theirs" }])).toMatchObject([
      { uuid: theirs },
    ]);
  });

  check("a deleted one is gone, by id too, and can't be deleted or changed again", async (world) => {
    const uuid = await world.workflow({ id: "orders" });
    granted(only(await world.storage.deleteWorkflows([key("orders")])));
    const gone = { kind: "error", code: "workflow_not_found", subject: uuid } as const;
    const change = { ...key(uuid), id: undefined, name: "new", description: null, steps: "[]" };
    expect(await named(world, uuid)).toBeNull();
    expect(await world.storage.deleteWorkflows([key(uuid)])).toEqual([gone]);
    expect(await world.storage.updateWorkflows([change])).toEqual([gone]);
  });

  check("the same uuid twice is stored once", async (world) => {
    const item = world.newWorkflow({ name: "first" });
    const again: NewWorkflow = { ...item, name: "second" };
    const outcomes = await world.storage.insertWorkflows([item, again]);
    const found = present(only(await world.storage.findWorkflows([lookup(item.uuid)])));
    expect(found).toMatchObject({ name: "first", version: 1 });
    const ok = { kind: "ok" as const, value: item.uuid };
    expect(outcomes).toEqual([ok, ok]);
    expect(await world.storage.insertWorkflows([again])).toEqual([ok]);
    expect(only(await world.storage.findWorkflows([lookup(item.uuid)]))).toEqual(found);
  });

  check("of 500 new ones with one that is not JSON, 499 are stored", async (world) => {
    const items = Array.from({ length: 500 }, (_, index) => world.newWorkflow({ steps: index === 250 ? "[" : "[]" }));
    const outcomes = await world.storage.insertWorkflows(items);
    expect(outcomes.map(({ kind }) => kind)).toEqual(items.map((_, index) => (index === 250 ? "error" : "ok")));
    expect(outcomes[250]).toMatchObject({ code: "unstorable" });
    const found = await world.storage.findWorkflows(items.map(({ uuid }) => lookup(uuid)));
    expect(found.flatMap((workflow, index) => (workflow === null ? [index] : []))).toEqual([250]);
  });

  check("of 500 deletions with one that names nothing, 499 are done", async (world) => {
    const items = Array.from({ length: 499 }, () => world.newWorkflow());
    await world.storage.insertWorkflows(items);
    const keys = items.map(({ uuid }) => key(uuid)).toSpliced(7, 0, key("nothing"));
    const outcomes = await world.storage.deleteWorkflows(keys);
    expect(outcomes[7]).toEqual({ kind: "error", code: "workflow_not_found", subject: "nothing" });
    expect(outcomes.toSpliced(7, 1)).toEqual(items.map(({ uuid }) => ({ kind: "ok", value: { uuid } })));
    expect(await world.storage.findWorkflows(items.map(({ uuid }) => lookup(uuid)))).toEqual(items.map(() => null));
  });

  check("health can be recorded any number of times", async (world) => {
    for (const status of ["ok", "ok", "degraded"]) expect(await world.storage.recordHealth(status)).toBeUndefined();
  });
}
