import { describe, expect, test } from "bun:test";
import { MAX_SUMMARY_BYTES } from "../../../schemas/runs/run-summary.ts";
import type { RunSummary } from "../../../storage/port.ts";
import { summaryText } from "./run-views.ts";

const UUID = "01a1fdcd-1db2-7000-8000-000000000000";
const RUN: RunSummary = {
  ...{ uuid: UUID, workflowUuid: UUID, workflowVersion: 2, workflowId: "sync", workflowName: "Sync" },
  ...{ status: "failed", createdAt: 0, startedAt: 1, completedAt: 2, wakeAt: null, logRows: null, error: "It failed" },
  ...{ parentRunId: null, rootRunId: null },
};

test("a summary is a small run", () => {
  expect(JSON.parse(summaryText(RUN))).toEqual({
    ...{ uuid: UUID, workflow: { uuid: UUID, id: "sync", name: "Sync" }, workflow_version: 2, status: "failed" },
    created_at: "1970-01-01T00:00:00.000+00:00",
    started_at: "1970-01-01T00:00:00.001+00:00",
    completed_at: "1970-01-01T00:00:00.002+00:00",
    error: "It failed",
  });
});

test("of a run that sleeps it says until when, of a child whose it is", () => {
  const run = { ...RUN, wakeAt: 3, parentRunId: UUID, rootRunId: UUID, workflowId: null, workflowName: null };
  expect(JSON.parse(summaryText(run))).toMatchObject({
    wake_at: "1970-01-01T00:00:00.003+00:00",
    parent_run_id: UUID,
    root_run_id: UUID,
    workflow: { id: null, name: null },
  });
});

test("it says how far the run is, and at which step", () => {
  const progress = { total: 3, ended: 2, failed: 1, current: "charge" };
  expect(JSON.parse(summaryText({ ...RUN, progress }))).toMatchObject({
    steps: { total: 3, ended: 2, failed: 1 },
    current: { name: "charge" },
    error: "It failed",
  });
  const through = JSON.parse(summaryText({ ...RUN, progress: { ...progress, current: null } }));
  expect([through.steps.total, Object.hasOwn(through, "current")]).toEqual([3, false]);
  expect(Object.hasOwn(JSON.parse(summaryText({ ...RUN, progress: null })), "steps")).toBe(false);
});

test("where there is little room the name of the step is cut, and left out before the error is", () => {
  const progress = { total: 1000, ended: 1000, failed: 1000, current: "s".repeat(80) };
  const wide = { ...RUN, progress, workflowId: "i".repeat(80), workflowName: "n".repeat(80), error: "e".repeat(200) };
  const child = { ...wide, parentRunId: UUID, rootRunId: UUID };
  const asleep = { ...child, error: null, completedAt: null, wakeAt: 3, status: "running" as const };
  const shown = [wide, child, asleep].map((run) => JSON.parse(summaryText(run)));
  expect(shown.map(({ current }) => current?.name.length ?? null)).toEqual([60, null, null]);
  for (const { error } of shown.slice(0, 2)) expect(error.length).toBeGreaterThan(30);
});

describe("whatever it holds, it takes no more bytes", () => {
  const texts = ["x", "é", "€", "𝄞", '"', "\\", "\n", "\u0001", "\ud800", "👩‍👩‍👧"];
  for (const text of texts) {
    test(JSON.stringify(text), () => {
      for (const [name, error] of [
        [1000, 1000],
        [1, 250],
        [63, 70],
        [64, 199],
        [65, 201],
      ] as const) {
        const [workflowName, workflowId] = [text.repeat(name), `${text.repeat(name)}!`];
        const child = {
          ...RUN,
          workflowVersion: 2_147_483_647,
          wakeAt: 8.64e15 - 1,
          parentRunId: UUID,
          rootRunId: UUID,
        };
        const progress = { total: 1000, ended: 1000, failed: 1000, current: text.repeat(name) };
        for (const run of [RUN, child, { ...RUN, progress }, { ...child, progress }]) {
          const json = summaryText({
            ...run,
            status: "cancelled",
            workflowName,
            workflowId,
            error: text.repeat(error),
          });
          expect(Buffer.byteLength(json)).toBeLessThanOrEqual(MAX_SUMMARY_BYTES);
          expect(JSON.parse(json).error.length).toBeGreaterThan(0);
        }
      }
    });
  }
});

test("what fits is not cut, what is cut says so", () => {
  const shown = (error: string) => JSON.parse(summaryText({ ...RUN, error })).error;
  expect(shown("x".repeat(200))).toBe("x".repeat(200));
  expect(shown("x".repeat(201))).toBe(`${"x".repeat(200)}…`);
  expect(JSON.parse(summaryText({ ...RUN, workflowName: "n".repeat(62) })).workflow.name).toBe("n".repeat(62));
  expect(JSON.parse(summaryText({ ...RUN, workflowName: "n".repeat(80) })).workflow.name).toMatch(/^n+…$/);
});
