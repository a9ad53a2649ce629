import { expect, test } from "bun:test";
import type { LogEntry } from "../../src/schemas/log/log.ts";
import { HeldLog } from "./held-log.ts";

const entry = (path: string): string => {
  const at = "2030-01-01T00:00:00.000+00:00";
  const result = { step_name: path, started_at: at, completed_at: at, output: null, error: null };
  const one: LogEntry = [path, { ...result, status: "success" }, null];
  return JSON.stringify([one]);
};

test("what came after a write that may not have been done is not written in its place", () => {
  const log = new HeldLog("[]", 0);
  log.add(entry("0"), {});
  const first = log.write(false);
  expect([first.seq, first.entries]).toEqual([0, entry("0")]);
  first.saved();
  log.add(entry("1"), {});
  expect(log.write(false).seq).toBe(1);
  log.add(entry("2"), {});
  const { seq, entries } = log.write(false);
  expect([seq, entries]).toEqual([1, null]);
});
