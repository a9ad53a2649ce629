/** Runs that are made by the options of a version: the insert stores them with that version, or says which one it is now. */
import { expect } from "bun:test";
import type { NewRun } from "../../../src/storage/port.ts";
import { type Check, granted, NAMESPACE, only, type World } from "./kit.ts";

const OPTIONS = { text: '{"tags":["a"]}', preparesRuns: true };

async function insert(world: World, item: NewRun) {
  return granted(only(await world.storage.insertRuns([item])));
}

export function preparedContract(check: Check): void {
  for (const named of ["by its uuid", "by its id"]) {
    check(`a workflow ${named}, whose options are to be read, gets no run that was made by none`, async (world) => {
      const workflowUuid = await world.workflow({ id: "orders", options: OPTIONS });
      const reference = named === "by its uuid" ? workflowUuid : "orders";
      const item = world.newRun(reference, { claim: await world.mark() });
      const unprepared = { workflowUuid, workflowVersion: 1, claimed: false, ended: false, unprepared: true } as const;
      expect(await insert(world, item)).toEqual({ uuid: item.uuid, ...unprepared });
      expect(await world.stored([item.uuid])).toEqual([]);

      const other = { workflowUuid: await world.workflow(), version: 1 };
      for (const preparedFor of [other, { workflowUuid, version: 2 }]) {
        expect(await insert(world, { ...item, preparedFor })).toEqual({ uuid: item.uuid, ...unprepared });
      }
      expect(await world.stored([item.uuid])).toEqual([]);
      const made = { ...item, tags: '["a"]', preparedFor: { workflowUuid, version: 1 } };
      expect(await insert(world, made)).toMatchObject({ uuid: item.uuid, workflowUuid, claimed: true });
      expect(await world.find(item.uuid)).toMatchObject({ status: "running", workflowVersion: 1, tags: '["a"]' });
      // Repeated it finds the run, whatever the workflow has become.
      const change = { namespace: NAMESPACE, reference, id: undefined, name: "n", description: null, steps: "[]" };
      await world.storage.updateWorkflows([change]);
      const repeated = await insert(world, made);
      expect(repeated).toMatchObject({ uuid: item.uuid, workflowVersion: 1, claimed: true });
      expect(repeated.unprepared).toBeUndefined();
    });
  }

  check(
    "a run that was made by another version is not stored, though there is nothing to read any more",
    async (world) => {
      const workflowUuid = await world.workflow({ options: OPTIONS });
      const change = { namespace: NAMESPACE, reference: workflowUuid, id: undefined, name: "n", description: null };
      await world.storage.updateWorkflows([{ ...change, steps: "[]" }]);
      const item = world.newRun(workflowUuid, { preparedFor: { workflowUuid, version: 1 } });
      expect(await insert(world, item)).toMatchObject({ workflowVersion: 2, unprepared: true });
      expect(await world.stored([item.uuid])).toEqual([]);
      expect(await insert(world, { ...item, preparedFor: { workflowUuid, version: 2 } })).toMatchObject({
        ended: false,
      });
      expect((await insert(world, world.newRun(workflowUuid))).unprepared).toBeUndefined();
      await world.storage.updateWorkflows([{ ...change, steps: "[]", options: OPTIONS }]);
      expect(await insert(world, world.newRun(workflowUuid))).toMatchObject({ workflowVersion: 3, unprepared: true });
    },
  );

  check("one that was executed before its insert is stored only if it was made by that version", async (world) => {
    const workflowUuid = await world.workflow({ options: OPTIONS });
    const told = { workflowUuid, version: 1 };
    const next = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
    const item = world.newRun(workflowUuid, { progress: { told, startedAt: world.now(), next } });
    expect(await insert(world, item)).toMatchObject({ unprepared: true, ended: false });
    expect(await insert(world, { ...item, preparedFor: told })).toMatchObject({ ended: true });
  });

  check("in a batch each run has its own outcome", async (world) => {
    const [plain, options] = [await world.workflow({ id: "plain" }), await world.workflow({ options: OPTIONS })];
    const items = Array.from({ length: 200 }, (_, index) => {
      const preparedFor = { workflowUuid: options, version: 1 };
      if (index % 4 === 0) return world.newRun(index % 8 === 0 ? plain : "plain");
      return world.newRun(options, index % 4 === 1 ? { preparedFor } : {});
    });
    const outcomes = (await world.storage.insertRuns(items)).map(granted);
    expect(outcomes.map(({ unprepared = false }) => unprepared)).toEqual(items.map((_, index) => index % 4 > 1));
    const stored = items.filter((_, index) => index % 4 <= 1).map(({ uuid }) => uuid);
    expect(await world.stored(items.map(({ uuid }) => uuid))).toEqual(stored.sort());
  });
}
