import { expect, test } from "bun:test";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { KeptStep } from "./kept-steps.ts";
import { itemsOf } from "./map-items.ts";
import { placeOf } from "./step-order.ts";

const DEFINITION = [
  { name: "zero", type: "transform" },
  {
    name: "around",
    type: "block",
    config: { steps: [{ name: "each", type: "map", config: { steps: [{ name: "a" }, { name: "b" }] } }] },
  },
];

function kept(path: string, address: string, status: StepResult["status"], more: Partial<StepResult> = {}): KeptStep {
  const completed_at = status === "running" ? null : "2030-01-01T00:00:00Z";
  const result = { step_name: address, status, started_at: null, completed_at, output: null, error: null, ...more };
  return { path, place: placeOf(path), result };
}

const map = (status: StepResult["status"], details: NonNullable<StepResult["details"]>) =>
  kept("1/0/0", "around.each", status, { type: "map", details });

test("while a map goes on, an item is over with its last step", () => {
  const steps = [
    kept("1/0/0/0/0", "around.each[0].a", "success"),
    kept("1/0/0/0/1", "around.each[0].b", "success"),
    kept("1/0/0/1/0", "around.each[1].a", "success"),
    kept("1/0/0/2/0", "around.each[2].a", "running"),
    kept("1/0/0/3/0", "around.each[3].a", "failed"),
    kept("1/0/0/4/0~2", "around.each[4].a", "failed", { handled: true }),
    kept("1/0/0/4/1", "around.each[4].b", "success"),
    kept("1/0/0/5/0", "around.each[5].a", "skipped", { error: "Cancelled" }),
    kept("1/0/0/6/0", "around.each[6].a", "success"),
    kept("1/0/0/6/1", "around.each[6].b", "skipped"),
    kept("1/0/0/c0/0", "around.each.$catch.x", "failed"),
    kept("1/0/1", "around.last", "failed"),
  ];
  expect(itemsOf(map("running", { items: 9 }), steps, DEFINITION)).toEqual({ total: 9, items: "srrfsks.." });
});

test("of one that came to its end, what is not kept succeeded, but for the failures that it names", () => {
  const details = { items: 6, succeeded: 5, failed: 1, failures: [{ index: 4, error: {} }] };
  const steps = [kept("1/0/0/0/0", "around.each[0].a", "success")];
  expect(itemsOf(map("success", details), steps, DEFINITION)).toEqual({ total: 6, items: "ssssfs" });
  expect(itemsOf(map("failed", { failed: 1, total: 6 }), steps, DEFINITION)).toEqual({ total: 6, items: "s....." });
});
