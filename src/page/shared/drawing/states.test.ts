import { expect, test } from "bun:test";
import { statesOf } from "./states.ts";
import { stepAt } from "./step-at.ts";
import { stepsOf } from "./steps.ts";

const leaf = (name: string) => ({ name, type: "webhook", config: {} });
const steps = stepsOf({
  steps: [
    leaf("begin"),
    {
      name: "pay",
      type: "block",
      config: { steps: [leaf("reserve"), { ...leaf("charge"), catch: [{ steps: [leaf("remind")] }] }] },
    },
    {
      name: "prices",
      type: "map",
      config: { items: [], steps: [{ name: "poll", type: "loop", config: { steps: [leaf("check")] } }] },
    },
    {
      name: "route",
      type: "switch",
      config: { cases: [{ if: "true", steps: [leaf("vip")] }], default: { steps: [leaf("vip")] } },
    },
  ],
});
const known = (status: string, path?: string, more: object = {}) => ({
  status,
  error: null,
  ...(path === undefined ? {} : { path }),
  ...more,
});

test("addresses and paths are those of results", () => {
  const all: [string, string][] = [];
  const collect = (list: typeof steps) => {
    for (const step of list) {
      all.push([step.path, step.address]);
      for (const { steps: within } of [...step.lists, ...step.handlers]) collect(within);
    }
  };
  collect(steps);
  expect(all).toEqual([
    ["0", "begin"],
    ["1", "pay"],
    ["1/0/0", "pay.reserve"],
    ["1/0/1", "pay.charge"],
    ["1/0/1/c0/0", "pay.charge.$catch.remind"],
    ["2", "prices"],
    ["2/*/0", "prices[*].poll"],
    ["2/*/0/*/0", "prices[*].poll[*].check"],
    ["3", "route"],
    ["3/0/0", "route.vip"],
    ["3/d/0", "route.vip"],
  ]);
});

test("a result is at its step, whatever the attempt", () => {
  const states = statesOf(steps, [
    ["begin", known("success")],
    ["pay.charge", known("failed", "1~2/0/1~3", { error: "No money" })],
    ["pay.charge.$catch.remind", known("running", "1~2/0/1/c0/0")],
    ["route.vip", known("skipped", "3/d/0")],
    ["nobody", known("success")],
  ]);
  expect(Object.fromEntries(states)).toEqual({
    "0": { status: "success", counts: null, says: "" },
    "1/0/1": { status: "failed", counts: null, says: "No money" },
    "1/0/1/c0/0": { status: "running", counts: null, says: "" },
    "3/d/0": { status: "skipped", counts: null, says: "" },
  });
});

test("iterations are counted, and what failed is shown first", () => {
  const states = statesOf(steps, [
    ["prices", known("running", "2", { within: { success: 7, failed: 1 } })],
    ["prices[0].poll[0].check", known("success", "2/0/0/0/0")],
    ["prices[0].poll[1].check", known("failed", "2/0/0/1/0", { error: "Gone" })],
    ["prices[11].poll[0].check", known("success", "2/11/0/0/0", { error: null })],
    ["prices[12].poll[0].check", known("new word", "2/12/0/0/0")],
  ]);
  expect(states.get("2")).toEqual({ status: "running", counts: { success: 7, failed: 1 }, says: "" });
  // Of many items a run keeps some: how many there were is known once the map is over.
  const over = { within: { success: 989, failed: 11 }, details: { items: 10_000, succeeded: 9989, failed: 11 } };
  expect(statesOf(steps, [["prices", known("success", "2", over)]]).get("2")?.counts).toEqual({
    success: 9989,
    failed: 11,
  });
  expect(states.get("2/*/0/*/0")).toEqual({
    status: "failed",
    counts: { success: 2, failed: 1, "new word": 1 },
    says: "Gone",
  });
});

test("a place of the definition lies in its innermost step", () => {
  const at = (...loc: (string | number)[]) => stepAt(steps, loc)?.address ?? null;
  expect(at("steps", 0, "config", "url")).toBe("begin");
  expect(at("steps", 1, "config", "steps", 1, "catch", 0, "steps", 0, "name")).toBe("pay.charge.$catch.remind");
  expect(at("steps", 2, "config", "items")).toBe("prices");
  expect(at("steps", 3, "config", "default", "steps", 0)).toBe("route.vip");
  expect([at("name"), at("steps", 9), at()]).toEqual([null, null, null]);
});
