import { expect, test } from "bun:test";
import type { Json } from "../../../schemas/json/json.ts";
import { Findings } from "../findings.ts";
import { checkSteps } from "../step-checks.ts";
import { forbiddenField } from "./payload.ts";

const input: Json = {
  properties: {
    order: { properties: { id: {}, open: { additionalProperties: true } }, additionalProperties: false },
    lines: { type: "array", items: { properties: { sku: {} }, additionalProperties: false } },
    pair: { prefixItems: [{ additionalProperties: false }], items: false },
    other: { $ref: "#/$defs/x", additionalProperties: false },
  },
  additionalProperties: false,
};

test("a field that no payload can have is found", () => {
  const cases: [path: string, forbidden: string | null][] = [
    ["", null],
    ["order.id", null],
    ["order.id.deeper", null],
    ["order.open.any.thing", null],
    ["lines.0.sku", null],
    ["pair.0.x", null],
    ["other.x", null],
    ["ordr.id", "payload.ordr"],
    ["order.ids", "payload.order.ids"],
    ["lines.0.price", "payload.lines.0.price"],
    ["toString", "payload.toString"],
  ];
  for (const [path, forbidden] of cases) {
    expect([path, forbiddenField(path === "" ? [] : path.split("."), input)]).toEqual([path, forbidden]);
  }
  expect(forbiddenField(["any"], undefined)).toBeNull();
  expect(forbiddenField(["any"], { properties: { order: {} } })).toBeNull();
});

test("reads of it are refused, in paths, expressions and conditions", () => {
  const findings = new Findings(100);
  const steps = [
    { name: "a", type: "x", if: "payload.order.id == 1 && payload.gone == 1", config: {} },
    {
      name: "b",
      type: "block",
      config: { steps: [], output: ["${payload.order}", "${payload.x}", '${{ payload["y"] }}'] },
    },
  ];
  checkSteps({ input, steps }, new Map(), findings, null);
  const references = findings.faults.filter(({ type }) => type === "reference_unknown");
  expect(references).toEqual([
    {
      loc: ["body", "steps", 0, "if"],
      msg: "The input of the workflow has no payload.gone",
      type: "reference_unknown",
      ctx: { offset: 25, length: 7 },
    },
    expect.objectContaining({ msg: "The input of the workflow has no payload.x" }),
    expect.objectContaining({ msg: "The input of the workflow has no payload.y" }),
  ]);
});
