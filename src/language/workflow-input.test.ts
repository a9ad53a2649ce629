import { expect, test } from "bun:test";
import { loadStepTypes } from "../connectors/index.ts";
import type { Json } from "../schemas/json/json.ts";
import { Explanation } from "./checks/explanation.ts";
import { readWorkflow } from "./workflow-input.ts";

const types = await loadStepTypes();
/** A definition is up to 1 MiB, all of which one key may take. */
const KEY = "k".repeat(500_000);

function read(values: Json, explanation: Explanation | null = null) {
  const steps = [{ name: "a", type: "transform", config: { value: { [KEY]: values } } }];
  return readWorkflow({ name: "w", steps }, types, explanation);
}

test("what is told of places below a long key has a bound", () => {
  const { warnings } = read(Array.from({ length: 100 }, () => "${payload.n + 1}"));
  expect(warnings).toHaveLength(100);
  expect(JSON.stringify(warnings).length).toBeLessThan(100_000);
  expect(warnings[99]?.loc).toEqual(["body", "steps", 0, "config", "value", `${KEY.slice(0, 64)}…`, 99]);
});

test("what is explained of places below a long key has one too", () => {
  const explanation = new Explanation();
  read(
    Array.from({ length: 500 }, () => "${payload.n}"),
    explanation,
  );
  expect(JSON.stringify(explanation).length).toBeLessThan(3 * 1024 * 1024);
});

test("a long definition is explained up to a bound, whatever its names", () => {
  const steps = Array.from({ length: 3000 }, (_, index) => {
    return { name: `${index}${"n".repeat(240)}`, type: "transform", config: { value: 1 } };
  });
  const explanation = new Explanation();
  readWorkflow({ name: "w", steps }, types, explanation);
  expect(JSON.stringify(explanation).length).toBeLessThan(4 * 1024 * 1024);
});
