import { expect, test } from "bun:test";
import { runsEnded } from "../src/metrics/table.ts";
import type { CompletedEvent } from "../src/schemas/runs/event.ts";
import { EndedRuns } from "./ended-runs.ts";

function end(workflow: string): CompletedEvent {
  return { namespace: "default", run_id: "run", workflow_id: workflow, status: "success", error: null };
}

/** What was counted of a workflow; null where it has no number of its own. */
function countOf(workflow: string): number | null {
  const found = runsEnded.series.find(({ labels }) => labels.workflow === workflow && labels.status === "success");
  return found?.one.value ?? null;
}

test("a workflow has numbers of its own after ten ends", () => {
  const ended = new EndedRuns();
  for (let count = 0; count < 10; count++) ended.add(end("ten"));
  expect([countOf("ten"), countOf("other")]).toEqual([null, 10]);
  for (let count = 0; count < 5; count++) ended.add(end("ten"));
  expect([countOf("ten"), countOf("other")]).toEqual([5, 10]);
});

test("many workflows with one run each use no names up, and there are 200 names", () => {
  const ended = new EndedRuns();
  for (let workflow = 0; workflow < 10_000; workflow++) ended.add(end(`once ${workflow}`));
  expect(runsEnded.series.filter(({ labels }) => labels.workflow?.startsWith("once"))).toEqual([]);
  for (let workflow = 0; workflow < 300; workflow++) {
    for (let count = 0; count < 12; count++) ended.add(end(`many ${workflow}`));
  }
  const named = new Set(
    runsEnded.series.flatMap(({ labels: { workflow = "" } }) => (workflow.startsWith("many") ? [workflow] : [])),
  );
  expect(named.size).toBe(200);
  expect(countOf("many 199")).toBe(2);
  expect(countOf("many 200")).toBe(null);
});
