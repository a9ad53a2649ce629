/** Definitions under version control: changes that change nothing, that expect a version, that make what is not there. */
import { expect } from "bun:test";
import type { ChangedWorkflow, Outcome, WorkflowChange } from "../../../src/storage/port.ts";
import { type Check, granted, MINUTE, NAMESPACE, only, present, type World } from "./kit.ts";

const STEPS = JSON.stringify([{ name: "a", type: "transform", config: { value: { x: 1, y: 2 } } }]);
const OTHER_ORDER = JSON.stringify([{ type: "transform", config: { value: { y: 2, x: 1 } }, name: "a" }]);
const OPTIONS = { text: '{"managed_by":"git@1","tags":["b"]}', preparesRuns: true };

async function change(
  world: World,
  reference: string,
  fields: Partial<WorkflowChange> = {},
): Promise<Outcome<ChangedWorkflow>> {
  const own = { namespace: NAMESPACE, reference, id: undefined, name: "a workflow", description: null, steps: STEPS };
  return only(await world.storage.updateWorkflows([{ ...own, ...fields }]));
}

function find(world: World, reference: string) {
  return world.storage.findWorkflows([{ namespace: NAMESPACE, reference, version: null }]).then(only);
}

const versions = (world: World, reference: string, before: number | null = null, limit = 10, namespace = NAMESPACE) =>
  world.storage.listVersions({ namespace, reference, before, limit });

export function changeContract(check: Check): void {
  check("a change that changes nothing makes no version, any other does", async (world) => {
    const uuid = await world.workflow({ id: "same", steps: STEPS, options: OPTIONS });
    const same = { options: OPTIONS };
    for (const fields of [same, { ...same, id: "same" }, { ...same, steps: OTHER_ORDER }]) {
      expect(await change(world, "same", fields)).toEqual({ kind: "ok", value: { uuid, version: 1, unchanged: true } });
    }
    expect(present(await versions(world, uuid)).versions).toHaveLength(1);
    let version = 1;
    for (const fields of [
      { ...same, name: "other" },
      { ...same, description: "other" },
      { ...same, steps: "[]" },
      { options: { text: '{"tags":["b"]}', preparesRuns: true } },
      {},
      { id: "another" },
      same,
    ]) {
      expect(await change(world, uuid, fields)).toEqual({ kind: "ok", value: { uuid, version: ++version } });
    }
  });

  check("a change that expects a version is refused by any other, and changes nothing", async (world) => {
    const uuid = await world.workflow({ id: "expected" });
    expect(await change(world, "expected", { ifVersions: [1] })).toEqual({ kind: "ok", value: { uuid, version: 2 } });
    for (const ifVersions of [[1], [3], [], [1, 3]]) {
      const refused = await change(world, uuid, { ifVersions, name: "refused" });
      expect(refused).toEqual({ kind: "error", code: "version_conflict", subject: "2" });
    }
    expect(await find(world, uuid)).toMatchObject({ name: "a workflow", version: 2 });
    expect(granted(await change(world, uuid, { ifVersions: [1, 2], name: "taken" }))).toEqual({ uuid, version: 3 });
    // Also where nothing would change.
    expect((await change(world, uuid, { ifVersions: [1], name: "taken" })).kind).toBe("error");
    expect(await change(world, "nobody", { ifVersions: [1] })).toMatchObject({ code: "workflow_not_found" });
  });

  check("of two that expect the same version one is refused", async (world) => {
    const uuid = await world.workflow();
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map((n) => change(world, uuid, { name: `of ${n}`, ifVersions: [1] })),
    );
    expect(outcomes.filter(({ kind }) => kind === "ok")).toEqual([{ kind: "ok", value: { uuid, version: 2 } }]);
  });

  check("a workflow is made where there is none, once, and changed where there is one", async (world) => {
    const create = { uuid: null, id: "made" };
    const outcomes = (await Promise.all([1, 2, 3].map(() => change(world, "made", { create })))).map(granted);
    const made = present(outcomes.find(({ created }) => created === true));
    expect(outcomes.filter(({ created }) => created !== true)).toEqual(
      [1, 2].map(() => ({ uuid: made.uuid, version: 1, unchanged: true as const })),
    );
    expect(await find(world, "made")).toMatchObject({ uuid: made.uuid, id: "made", version: 1, name: "a workflow" });
    expect(granted(await change(world, "made", { create, name: "new" }))).toEqual({ uuid: made.uuid, version: 2 });
    expect(await change(world, "other", { create: { uuid: null, id: "other" }, ifVersions: [1] })).toMatchObject({
      code: "workflow_not_found",
    });
    expect(await change(world, "third")).toMatchObject({ code: "workflow_not_found" });
    await world.storage.insertRuns([world.newRun("made")]);
  });

  check("versions are listed newest first, with who keeps them", async (world) => {
    const uuid = await world.workflow({ id: "listed", name: "one", options: OPTIONS });
    await world.pass(5);
    await change(world, uuid, { name: "two" });
    await change(world, uuid, { name: "three", options: OPTIONS });
    const found = present(await versions(world, "listed"));
    expect(found.uuid).toBe(uuid);
    expect(found.versions.map(({ version, name, managedBy }) => [version, name, managedBy])).toEqual([
      [3, "three", "git@1"],
      [2, "two", null],
      [1, "one", "git@1"],
    ]);
    expect(found.versions[0]?.createdAt).toBeGreaterThanOrEqual(present(found.versions[2]).createdAt);
    const numbers = async (before: number | null, limit: number) =>
      present(await versions(world, uuid, before, limit)).versions.map(({ version }) => version);
    expect(await numbers(null, 2)).toEqual([3, 2]);
    expect(await numbers(2, 2)).toEqual([1]);
    expect(await numbers(1, 2)).toEqual([]);
    expect(await versions(world, "nobody")).toBeNull();
    expect(await versions(world, uuid, null, 10, "theirs")).toBeNull();
  });

  check("a deletion is taken back, with all versions and runs, unless it was too long ago", async (world) => {
    const uuid = await world.workflow({ id: "gone" });
    await change(world, uuid, { name: "two" });
    const restore = async (reference: string, since = 0, namespace = NAMESPACE) =>
      only(await world.storage.undeleteWorkflows([{ namespace, reference, since }]));
    const remove = () => world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference: uuid }]);
    for (const reference of [uuid, uuid.toUpperCase(), "gone"]) {
      await remove();
      expect(await find(world, uuid)).toBeNull();
      expect(await restore(reference, 0, "theirs")).toMatchObject({ code: "workflow_not_found" });
      expect(await restore(reference, world.now() + MINUTE)).toMatchObject({ code: "workflow_not_found" });
      expect(await restore(reference, world.now() - MINUTE)).toEqual({ kind: "ok", value: { uuid, version: 2 } });
      expect(await find(world, "gone")).toMatchObject({ uuid, version: 2 });
      expect(granted(only(await world.storage.insertRuns([world.newRun("gone")]))).workflowVersion).toBe(2);
      // One that is there stays as it is.
      expect(await restore(reference, world.now() + MINUTE)).toEqual({ kind: "ok", value: { uuid, version: 2 } });
    }
    expect(await restore("nobody")).toMatchObject({ code: "workflow_not_found" });
  });

  check("an id that several had brings the newest back, and none where one is there", async (world) => {
    const older = await world.workflow({ id: "shared" });
    await world.pass(5);
    const newer = await world.workflow({ id: "shared" });
    const restore = async (reference: string) =>
      granted(only(await world.storage.undeleteWorkflows([{ namespace: NAMESPACE, reference, since: 0 }]))).uuid;
    for (const reference of [older, newer]) await world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference }]);
    expect(await restore("shared")).toBe(newer);
    expect(await restore("shared")).toBe(newer);
    expect(await find(world, older)).toBeNull();
    expect(await restore(older)).toBe(older);
    expect(await find(world, "shared")).toMatchObject({ uuid: newer });
  });
}
