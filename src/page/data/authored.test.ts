import { expect, test } from "bun:test";
import type { StoredDefinition } from "../../client/definitions.ts";
import { authored, definitionBeside, plainText } from "./authored.ts";

const STORED: StoredDefinition = {
  ...{ uuid: "u", id: "a", name: "A", description: null, version: 3 },
  steps: [{ name: "one", type: "transform", config: { value: { x: 1, y: 2 } } }],
  ...{ output: "${one.value}", input: { type: "object" }, created_at: "2026-01-01", updated_at: "2026-01-01" },
};

test("a stored definition is as authors write them: what a run is given, its steps, what it gives", () => {
  expect(Object.keys(authored(STORED))).toEqual(["id", "name", "input", "steps", "output"]);
});

test("beside a text its keys are in the order of that, and the text has its lines", () => {
  const own = `{"output": "\${one.value}", "tags": [], "steps": [{"type": "transform", "config": {"value": {"y": 2, "x": 0}}}]}`;
  const { steps, ...rest } = JSON.parse(definitionBeside(STORED, own));
  expect(Object.keys(rest)).toEqual(["output", "id", "name", "input"]);
  expect(JSON.stringify(steps)).toBe('[{"type":"transform","config":{"value":{"y":2,"x":1}},"name":"one"}]');
  expect(plainText(own).split("\n")[1]).toBe('  "output": "${one.value}",');
  expect([plainText("{ no"), definitionBeside(STORED, "{ no")]).toEqual(["{ no", definitionBeside(STORED, "{}")]);
});
