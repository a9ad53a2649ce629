import { expect, test } from "bun:test";
import type { Definition } from "../../language/definition/workflow.ts";
import { readsRun } from "./reads-run.ts";

const gives = (value: unknown, more: object = {}) => ({ name: "a", type: "transform", config: { value }, ...more });
const reads = (...steps: unknown[]) => readsRun(JSON.parse(JSON.stringify({ steps })));
const options = (more: Partial<Definition>) => readsRun({ steps: [], ...more });

test("a definition reads its run where a placeholder, an expression or a condition names it", () => {
  for (const value of ["${run.id}", "x ${ run.id }", { deep: ["${{ run.tags.size() }}"] }, '${run["id"]}', "${run}"]) {
    expect([value, reads(gives(value))]).toEqual([value, true]);
  }
  expect(reads(gives(1, { if: "run.tags == []" }))).toBe(true);
  expect(reads({ name: "b", type: "block", config: { steps: [gives("${run.id}")] } })).toBe(true);
  expect(reads(gives(1, { catch: [{ steps: [gives("${run.id}")] }] }))).toBe(true);
  expect(options({ output: "${run.id}" })).toBe(true);
});

test("it does not where the word is no more than a word, or the name of a step", () => {
  for (const value of [
    "run",
    "run.id",
    "$${run.id}",
    "${payload.run}",
    "${runs}",
    "${a.run.id}",
    "${{ payload.runs }}",
  ]) {
    expect([value, reads(gives(value))]).toEqual([value, false]);
  }
  expect(reads(gives("${run.value}"), { ...gives(1), name: "run" })).toBe(false);
  expect(reads({ name: "b", type: "block", config: { steps: [{ ...gives("${run.id}"), name: "run" }] } })).toBe(false);
  expect(options({ ui: { text: "${run.id}" } })).toBe(false);
});
