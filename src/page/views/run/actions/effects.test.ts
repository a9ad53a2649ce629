import { expect, test } from "bun:test";
import { stepsOf } from "../../../shared/drawing/steps.ts";
import { effectsOf } from "./effects.ts";

const step = (name: string, type: string, config: object = {}) => ({ name, type, config });
const hook = (name: string) => step(name, "webhook");
const steps = stepsOf({
  steps: [
    hook("first"),
    step("pay", "block", { steps: [hook("reserve"), { ...hook("charge"), catch: [{ steps: [hook("remind")] }] }] }),
    step("each", "map", { items: [], steps: [hook("send"), step("sum", "transform")] }),
    step("child", "workflow"),
    step("last", "transform"),
  ],
});
const acting = new Set(["webhook", "workflow"]);

test("what acts on the world is found within the steps that run, and handlers are left out", () => {
  expect(effectsOf(steps, ["pay.charge", "each", "child", "last"], acting)).toEqual([
    "pay.charge",
    "each[*].send",
    "child",
  ]);
  expect(effectsOf(steps, ["first", "pay", "last"], acting)).toEqual(["first", "pay.reserve", "pay.charge"]);
  expect(effectsOf(steps, ["last"], acting)).toEqual([]);
});
