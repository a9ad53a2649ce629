import { expect, test } from "bun:test";
import type { StepTypeInfo } from "../../../client/definitions.ts";
import { stepsOf } from "../../shared/drawing/steps.ts";
import { mocksFor, signalsFor } from "./mocks.ts";

const TYPES = (
  [
    ["webhook", "effect"],
    ["workflow", "effect"],
    ["transform", "pure"],
    ["wait", "wait"],
    ["map", "control"],
  ] as const
).map(([type, kind]): StepTypeInfo => ({ type, kind, title: type, description: "", config: {} }));
const step = (name: string, type: string, more: object = {}) => ({ name, type, config: {}, ...more });
const wait = (name: string, signal: unknown) => step(name, "wait", { config: { signal } });

test("each step that acts on the world has a mock, by the address that a test knows it by", () => {
  const undo = { compensate: { step: { type: "webhook", config: {} } } };
  const steps = stepsOf({
    steps: [
      step("shape", "transform"),
      step("pay", "webhook", { ...undo, catch: [{ steps: [step("tell", "workflow")] }] }),
      { ...step("prices", "map"), config: { items: [], steps: [step("fetch", "webhook")] } },
    ],
  });
  expect(mocksFor(steps, TYPES)).toEqual({
    pay: [{ status: 200, body: {} }],
    "pay.$compensate": [{ status: 200, body: {} }],
    "pay.$catch.tell": [{ output: {} }],
    "prices[*].fetch": [{ status: 200, body: {} }],
  });
});

test("each wait has a signal, unless a placeholder names it", () => {
  const inner = { ...step("prices", "map"), config: { items: [], steps: [wait("inner", "there")] } };
  const steps = stepsOf({
    steps: [wait("one", "approved"), wait("any", ["yes", "no"]), wait("own", "paid-${payload.id}"), inner],
  });
  expect(signalsFor(steps).map(({ name }) => name)).toEqual(["approved", "yes", "there"]);
});
