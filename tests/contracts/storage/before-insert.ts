/** Runs that were executed before their insert. */
import { expect } from "bun:test";
import type { ProgressBeforeInsert, RunEnd } from "../../../src/storage/port.ts";
import { type Check, granted, only, type World } from "./kit.ts";

const RESULTS = '{"b": {"step_name": "b"}, "a": {"step_name": "a", "output": {"text": "a \\"quote\\" and ünï"}}}';

function ended(world: World, workflowUuid: string, fields: Partial<RunEnd> = {}): ProgressBeforeInsert {
  const next: RunEnd = { kind: "end", status: "success", error: null, stepResults: RESULTS, ...fields };
  return { told: { workflowUuid, version: 1 }, startedAt: world.now(), next };
}

export function beforeInsertContract(check: Check): void {
  check(
    "a run that was executed before its insert is stored as ended, with its results, and nobody claims it",
    async (world) => {
      const workflow = await world.workflow();
      const result = ended(world, workflow);
      const claim = await world.mark();
      const item = world.newRun(workflow, { claim, progress: result });
      await world.pass(5);
      expect(granted(only(await world.storage.insertRuns([item])))).toEqual({
        uuid: item.uuid,
        workflowUuid: workflow,
        workflowVersion: 1,
        claimed: false,
        ended: true,
      });
      const run = await world.find(item.uuid);
      expect(run).toMatchObject({ status: "success", error: null, log: "[]", createdAt: result.startedAt });
      expect(run.startedAt).toBe(result.startedAt);
      expect(run.completedAt).toBeGreaterThanOrEqual(result.startedAt);
      expect(JSON.parse(run.stepResults ?? "")).toEqual(JSON.parse(RESULTS));
      await world.endLease(claim);
      expect(await world.claimDue()).toEqual([]);
      expect(await world.claimByMessage([item.uuid])).toEqual([]);
    },
  );

  check("one that failed keeps its error, and what there is beside it", async (world) => {
    const workflow = await world.workflow();
    const given = { output: '{"b":1,"a":2}', errorDetails: '{"step":"b","code":"c"}' };
    const result = ended(world, workflow, { status: "failed", error: "it said no", ...given });
    const item = world.newRun(workflow, { progress: result, tags: '["x"]' });
    granted(only(await world.storage.insertRuns([item])));
    expect(await world.find(item.uuid)).toMatchObject({
      status: "failed",
      error: "it said no",
      tags: '["x"]',
      ...given,
    });
  });

  check("one whose workflow has another version by then is stored as if it had not been executed", async (world) => {
    const workflow = await world.workflow({ id: "changed" });
    const result = ended(world, workflow);
    await world.storage.updateWorkflows([
      { ...world.newWorkflow({ name: "new" }), reference: workflow, id: "changed" },
    ]);
    const claimed = world.newRun(workflow, { claim: await world.mark(), progress: result });
    const pending = world.newRun("changed", { progress: result });
    const outcomes = await world.storage.insertRuns([claimed, pending]);
    expect(outcomes.map(granted)).toEqual([
      { uuid: claimed.uuid, workflowUuid: workflow, workflowVersion: 2, claimed: true, ended: false },
      { uuid: pending.uuid, workflowUuid: workflow, workflowVersion: 2, claimed: false, ended: false },
    ]);
    expect(await world.find(claimed.uuid)).toMatchObject({ status: "running", stepResults: null, completedAt: null });
    expect((await world.claimDue()).map(({ uuid }) => uuid)).toEqual([pending.uuid]);
  });

  check(
    "one whose name leads to another workflow by then is, too, and a deleted workflow has no runs",
    async (world) => {
      const old = await world.workflow({ id: "name" });
      const result = ended(world, old);
      const young = await world.workflow({ id: "name" });
      const item = world.newRun("name", { progress: result });
      expect(granted(only(await world.storage.insertRuns([item])))).toMatchObject({
        workflowUuid: young,
        ended: false,
      });
      await world.storage.deleteWorkflows([{ namespace: item.namespace, reference: old }]);
      const [gone] = await world.storage.insertRuns([world.newRun(old, { progress: result })]);
      expect(gone).toMatchObject({ kind: "error", code: "workflow_not_found" });
    },
  );

  check("repeated, it is the same run; a repetition that was not executed finds it ended", async (world) => {
    const workflow = await world.workflow();
    const item = world.newRun(workflow, { claim: await world.mark(), progress: ended(world, workflow) });
    const again = { ...item, progress: ended(world, workflow, { stepResults: "{}" }) };
    const bare = { ...item, progress: null };
    const outcomes = await world.storage.insertRuns([item]);
    outcomes.push(...(await world.storage.insertRuns([again])), ...(await world.storage.insertRuns([bare])));
    for (const outcome of outcomes) expect(granted(outcome)).toMatchObject({ claimed: false, ended: true });
    expect(JSON.parse((await world.find(item.uuid)).stepResults ?? "")).toEqual(JSON.parse(RESULTS));
  });

  check("they are told apart from the others of their batch", async (world) => {
    const workflow = await world.workflow();
    const mark = await world.mark();
    const items = Array.from({ length: 30 }, (_, index) =>
      world.newRun(workflow, {
        claim: index % 2 === 0 ? mark : null,
        progress: index % 3 === 0 ? ended(world, workflow, { stepResults: `{"n":{"index":${index}}}` }) : null,
      }),
    );
    const outcomes = (await world.storage.insertRuns(items)).map(granted);
    for (const [index, outcome] of outcomes.entries()) {
      const isEnded = index % 3 === 0;
      expect(outcome).toMatchObject({ ended: isEnded, claimed: !isEnded && index % 2 === 0 });
      const { stepResults } = await world.find(items[index]?.uuid ?? "");
      if (isEnded) expect(JSON.parse(stepResults ?? "")).toEqual({ n: { index } });
      else expect(stepResults).toBeNull();
    }
  });
}
