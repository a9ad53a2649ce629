import { expect, test } from "bun:test";
import { fieldOf } from "../form/fields.ts";
import { answersOf, decisionIn } from "./answers.ts";

const labels = (signals: string[], decision: string | null = null) =>
  answersOf(signals, decision).map(({ label, meaning }) => `${label} (${meaning})`);

test("the name of a signal says whether it is a yes or a no", () => {
  for (const yes of ["approved", "Accept", "ok", "confirm-order"]) expect(labels([yes])).toEqual(["Approve (approve)"]);
  for (const no of ["rejected", "deny", "denied", "no"]) expect(labels([no])).toEqual(["Reject (reject)"]);
  for (const other of ["paid", "okapi"]) expect(labels([other])).toEqual([`Send ${other} (send)`]);
});

test("of several that say yes each has its name", () => {
  expect(labels(["approved", "accepted", "rejected"])).toEqual([
    "Send approved (approve)",
    "Send accepted (approve)",
    "Reject (reject)",
  ]);
});

test("a field that says yes or no makes both answers of a signal", () => {
  const field = fieldOf({
    type: "object",
    properties: { by: { type: "string" }, approved: { type: "boolean" }, ok: { type: "string" } },
  });
  expect(decisionIn(field)).toBe("approved");
  expect(answersOf(["decision"], "approved").map((one) => [one.label, one.with])).toEqual([
    ["Approve", { approved: true }],
    ["Reject", { approved: false }],
  ]);
  expect(labels(["a", "b"], "approved")).toHaveLength(4);
  expect(decisionIn(fieldOf({ type: "object", properties: { by: { type: "string" } } }))).toBeNull();
  expect(decisionIn(fieldOf({ type: "boolean" }))).toBeNull();
});
