import { expect, test } from "bun:test";
import type { OutlineStep } from "../../../schemas/lists/step-query.ts";
import { aligned } from "./alignment.ts";

const BEGIN = Date.parse("2026-11-29T10:00:00Z");

function step(address: string, milliseconds: number | null, more: Partial<OutlineStep> = {}): OutlineStep {
  const at = (time: number) => new Date(time).toISOString();
  return {
    ...{ address, path: address, status: "success", error: null, output_bytes: 2 },
    started_at: milliseconds === null ? null : at(BEGIN),
    completed_at: milliseconds === null ? null : at(BEGIN + milliseconds),
    ...more,
  };
}

test("steps that one run has alone stand where they were", () => {
  const before = ["a", "b", "c", "gone"].map((name) => step(name, 1));
  const after = ["new", "a", "x", "y", "c", "b", "z"].map((name) => step(name, 1));
  const rows = aligned(before, after);
  expect(rows.map(({ address }) => address)).toEqual(["new", "a", "x", "y", "b", "z", "c", "gone"]);
  expect(rows.map(({ differences }) => differences.join())).toEqual([
    ...["only in B", "", "only in B", "only in B", "", "only in B", "", "only in A"],
  ]);
});

test("what is different is said, and a time only where it matters", () => {
  const differences = (first: OutlineStep, second: OutlineStep) => aligned([first], [second])[0]?.differences;
  expect(differences(step("a", 10), step("a", 29))).toEqual([]);
  expect(differences(step("a", 10), step("a", 30))).toEqual(["time"]);
  expect(differences(step("a", 1000), step("a", 1400))).toEqual([]);
  expect(differences(step("a", 1000), step("a", 100))).toEqual(["time"]);
  expect(differences(step("a", 1, { status: "failed", error: "x" }), step("a", 1))).toEqual(["status"]);
  expect(differences(step("a", 1, { attempts: 3, output_bytes: 9 }), step("a", 1))).toEqual(["attempts", "output"]);
  const within = { running: 0, success: 9, failed: 1, skipped: 0 };
  expect(differences(step("a", 1, { within }), step("a", 1, { within: { ...within } }))).toEqual([]);
  expect(differences(step("a", 1, { within }), step("a", 1, { within: { ...within, failed: 2 } }))).toEqual([
    "steps within",
  ]);
});

test("a factor is there where both ended", () => {
  expect(aligned([step("a", 10)], [step("a", 25)])[0]?.factor).toBe(2.5);
  expect(aligned([step("a", null)], [step("a", 25)])[0]?.factor).toBeNull();
  expect(aligned([step("a", 0)], [step("a", 25)])[0]?.factor).toBeNull();
});

test("10,000 steps are aligned at once", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
  const rows = aligned(
    names.map((name) => step(name, 1)),
    names.toReversed().map((name) => step(`${name}_b`, 1)),
  );
  expect(rows.length).toBe(20_000);
});
