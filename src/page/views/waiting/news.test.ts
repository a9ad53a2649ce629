import { expect, test } from "bun:test";
import { type WaitingStep, withNews } from "./news.ts";

const workflow = { uuid: "w", id: null, name: null };
const times = { created_at: "", started_at: null, completed_at: null };
const run = { uuid: "r", workflow, workflow_version: 1, status: "running" as const, ...times, error: null, waits: [] };
const step = (key: string): WaitingStep => ({
  key,
  run,
  wait: { address: key, since: null, signals: [] },
  isGone: false,
});
const shownAs = (steps: WaitingStep[]) => steps.map(({ key, isGone }) => (isGone ? `(${key})` : key)).join(" ");

test("what went on stays in its place, and what is new comes behind", () => {
  const first = withNews([], ["a", "b", "c"].map(step));
  const second = withNews(first, ["0", "a", "c", "d"].map(step));
  expect(shownAs(second)).toBe("a (b) c 0 d");
  expect(shownAs(withNews(second, ["b", "a"].map(step)))).toBe("a b (c) (0) (d)");
});

test("of much that went on the last is kept", () => {
  const names = Array.from({ length: 50 }, (_, index) => `s${index}`);
  const shown = withNews(names.map(step), [step("s49")]);
  expect(shown.length).toBe(21);
  expect(shownAs(shown.slice(0, 1))).toBe("(s29)");
});
