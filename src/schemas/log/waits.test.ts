import { expect, test } from "bun:test";
import type { StepResult } from "../runs/run.ts";
import type { LogEntry } from "./log.ts";
import { pauseText } from "./pauses.ts";
import { signalWaitsIn, waitingIn } from "./waits.ts";

const AT = Date.UTC(2026, 10, 29);
const time = (seconds: number) => new Date(AT + seconds * 1000).toISOString().replace("Z", "+00:00");

function entry(path: string, seconds: number | null, fields: Partial<StepResult> = {}): LogEntry {
  const step = { step_name: `at ${path}`, type: "block", status: "running", output: null, error: null } as const;
  const result = { ...step, started_at: time(0), completed_at: null, ...fields };
  return [path, result, seconds === null ? null : AT + seconds * 1000];
}

const wait = (path: string, seconds: number | null) =>
  entry(path, seconds, { type: "wait", details: { signals: ["go"] } });

/** Until when the steps of a log wait, by its entries. */
function untils(...entries: LogEntry[]): (string | undefined)[] {
  const run = { log: JSON.stringify(entries), completedAt: null };
  const found = waitingIn(run).map(({ until }) => until);
  expect(signalWaitsIn(run).map(({ until }) => until)).toEqual(found);
  return found;
}

test("a step waits for a signal until its own time is over, or that of what is around it", () => {
  expect(untils(wait("0", null))).toEqual([undefined]);
  expect(untils(wait("0", 9))).toEqual([time(9)]);
  expect(untils(entry("0", 5), wait("0/0/0", null))).toEqual([time(5)]);
  expect(untils(entry("0", 5), wait("0/0/0", 9))).toEqual([time(5)]);
  expect(untils(entry("0", 9), wait("0/0/0", 5))).toEqual([time(5)]);
  expect(untils(entry("0", 7), entry("0/1/0", 5), wait("0/1/0/0/3", null))).toEqual([time(5)]);
  expect(untils(entry("0", null), entry("1", 5), wait("0/0/0", null))).toEqual([undefined]);
});

test("the time of a container is that of its attempt, and not that of an interval within it", () => {
  const loop = [entry("0", 50), entry("0", 4, { details: { iteration: 1 } })];
  expect(untils(...loop, wait("0/1/0", null))).toEqual([time(50)]);
  const retried = [entry("0", 5), entry("0", 6, { error: "late" }), entry("0", 20, { attempts: 2 })];
  expect(untils(...retried, wait("0~2/0/0", null))).toEqual([time(20)]);
  // What is done about a failure has no time but its own.
  expect(untils(entry("0", 5), entry("0", null, { error: "late" }), wait("0/c0/0", null))).toEqual([undefined]);
});

test("times stand still with their run", () => {
  const paused: LogEntry[] = JSON.parse(pauseText(AT, AT + 60_000));
  expect(untils(entry("0", 5), wait("0/0/0", 9), ...paused)).toEqual([time(65)]);
});
