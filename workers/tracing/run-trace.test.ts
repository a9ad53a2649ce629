import { expect, test } from "bun:test";
import { isoTime } from "../../src/clock.ts";
import { idFloor } from "../../src/ids.ts";
import type { LogEntry } from "../../src/schemas/log/log.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { RunEnd } from "../../src/storage/port.ts";
import { parseTraceparent } from "../../src/tracing/context.ts";
import type { Span } from "../../src/tracing/port.ts";
import { RunTrace, type TracedRun } from "./run-trace.ts";

const START = Date.UTC(2030, 0, 1);
const SECOND = 1000;
const HOUR = 3600 * SECOND;
const PARENT = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
const RUN: TracedRun = {
  uuid: idFloor(START),
  namespace: "default",
  workflowUuid: idFloor(0),
  version: 1,
  traceparent: `00-${PARENT.traceId}-${PARENT.spanId}-01`,
};

/** What a step came to, its times in milliseconds after the begin of the run. */
function result(name: string, startedAt: number, fields: Partial<StepResult> = {}, endedAt?: number): StepResult {
  return {
    step_name: name,
    status: endedAt === undefined ? "running" : "success",
    started_at: isoTime(START + startedAt),
    completed_at: endedAt === undefined ? null : isoTime(START + endedAt),
    output: null,
    error: null,
    ...fields,
  };
}

/** An attempt that failed, and is followed by another at a time. */
function failed(
  path: string,
  name: string,
  startedAt: number,
  at: number,
  attempts: number,
  wakeAt: number,
  type = "webhook",
): LogEntry {
  const place = { step: name, path, attempts, at: isoTime(START + at), details: null, cause: null };
  const error_details = { code: "http" as const, message: "no", ...place };
  return [path, result(name, startedAt, { type, error: "no", attempts, error_details }), START + wakeAt];
}

function traceOf(...entries: LogEntry[]): RunTrace {
  const trace = RunTrace.of(RUN, JSON.stringify(entries));
  if (trace === null) throw new Error("no trace");
  return trace;
}

function endOf(...results: StepResult[]): RunEnd {
  const stepResults = JSON.stringify(Object.fromEntries(results.map((one) => [one.step_name, one])));
  return { kind: "end", status: "success", error: null, stepResults };
}

const STEPS = [
  { name: "a", type: "webhook" },
  { name: "b", type: "delay" },
  { name: "c", type: "transform" },
];

/** Spans as lines: the parent's name, the own name, and the times after the begin of the run. */
function linesOf(trace: RunTrace, end: RunEnd | null, now: number): string[] {
  const spans = trace.spans(end, START + now, STEPS);
  const names = new Map(spans.map((span) => [span.context.spanId, nameOf(span)]));
  return spans.map((span) => {
    const parent = names.get(span.parentSpanId ?? "") ?? (span.parentSpanId === PARENT.spanId ? "trigger" : "none");
    const times = `${span.startedAt - START} to ${span.endedAt - START}`;
    return `${parent} > ${nameOf(span)}: ${times}${span.error === null ? "" : ` ${span.error}`}`;
  });
}

function nameOf({ name, attributes }: Span): string {
  const path = attributes["workflow.path"];
  return path === undefined ? name : `${name} ${path} #${attributes["workflow.attempt"]}`;
}

test("a run that ended in one burst has the spans of its results", () => {
  const end = endOf(result("a", 0, {}, 5), result("b", 5, {}, 6));
  expect(linesOf(traceOf(), end, 7)).toEqual([
    "trigger > run: 0 to 7",
    "run > step webhook 0 #1: 0 to 5",
    "run > step delay 1 #1: 5 to 6",
  ]);
});

test("each attempt of a step has a span, which begins when the wait before it was over", () => {
  const trace = traceOf(
    ["0", result("a", 10), null],
    failed("0", "a", 10, 20, 1, 1020),
    failed("0", "a", 10, 1040, 2, 3040),
  );
  const end = endOf(result("a", 10, { attempts: 3 }, 3050));
  expect(linesOf(trace, end, 3060)).toEqual([
    "trigger > run: 0 to 3060",
    "run > step webhook 0 #1: 10 to 20 no",
    "run > step webhook 0 #2: 1020 to 1040 no",
    "run > step webhook 0 #3: 3040 to 3050",
  ]);
});

test("an attempt whose begin and end come with those of its container is one more", () => {
  const nested = (path: string, type: string) => ({ path, type });
  const trace = traceOf(
    ["0", result("p", 0, nested("0", "parallel")), null],
    ["0/0/0", result("p.a", 0, nested("0/0/0", "webhook")), null],
    failed("0/0/0", "p.a", 0, 4, 1, 104),
  );
  // The results are in the order in which the steps began.
  const end = endOf(
    result("p", 0, nested("0", "parallel"), 110),
    result("p.a", 0, { ...nested("0/0/0", "webhook"), attempts: 2 }, 110),
  );
  expect(linesOf(trace, end, 110)).toEqual([
    "trigger > run: 0 to 110",
    "run > step parallel 0 #1: 0 to 110",
    "step parallel 0 #1 > step webhook 0/0/0 #1: 0 to 4 no",
    "step parallel 0 #1 > step webhook 0/0/0 #2: 104 to 110",
  ]);
});

test("an attempt ends where its handler begins, whose steps are below it", () => {
  const [, attempt] = failed("0", "a", 10, 20, 1, 0);
  const told = { path: "0/c0/0", type: "transform" };
  const trace = traceOf(["0", result("a", 10), null], ["0", attempt, null]);
  const handled = { ...attempt, status: "failed" as const, completed_at: isoTime(START + 30), handled: true };
  const end = endOf(handled, result("a.$catch.t", 21, told, 30));
  expect(linesOf(trace, end, 40)).toEqual([
    "trigger > run: 0 to 40",
    "run > step webhook 0 #1: 10 to 20 no",
    "step webhook 0 #1 > step transform 0/c0/0 #1: 21 to 30",
  ]);
});

test("the spans of nested steps are below the attempt of their container", () => {
  const nested = (path: string, type: string) => ({ path, type });
  const trace = traceOf(
    ["0", result("p", 0, nested("0", "parallel")), null],
    ["0/0/0", result("p.a.x", 0, nested("0/0/0", "webhook")), null],
    ["0/1/0", result("p.b.y", 0, nested("0/1/0", "block")), null],
    ["0/1/0/0/0", result("p.b.y.z", 0, nested("0/1/0/0/0", "webhook")), null],
    ["0/1/0/0/0", result("p.b.y.z", 0, { ...nested("0/1/0/0/0", "webhook"), status: "failed", error: "no" }, 4), null],
    failed("0/1/0", "p.b.y", 0, 4, 1, 1004, "block"),
    ["0/1/0", result("p.b.y", 0, { ...nested("0/1/0", "block"), attempts: 2 }), null],
    ["0/1/0~2/0/0", result("p.b.y.z", 1005, nested("0/1/0~2/0/0", "webhook")), null],
  );
  const end = endOf(
    result("p", 0, nested("0", "parallel"), 1010),
    result("p.a.x", 0, nested("0/0/0", "webhook"), 3),
    result("p.b.y", 0, { ...nested("0/1/0", "block"), attempts: 2 }, 1010),
    result("p.b.y.z", 1005, nested("0/1/0~2/0/0", "webhook"), 1010),
    result("b", 1010, {}, 1011),
  );
  expect(linesOf(trace, end, 1012)).toEqual([
    "trigger > run: 0 to 1012",
    "run > step parallel 0 #1: 0 to 1010",
    "step parallel 0 #1 > step webhook 0/0/0 #1: 0 to 3",
    "step parallel 0 #1 > step block 0/1/0 #1: 0 to 4 no",
    "step block 0/1/0 #1 > step webhook 0/1/0/0/0 #1: 0 to 4 no",
    "step parallel 0 #1 > step block 0/1/0 #2: 1004 to 1010",
    "step block 0/1/0 #2 > step webhook 0/1/0~2/0/0 #1: 1005 to 1010",
    "run > step delay 1 #1: 1010 to 1011",
  ]);
});

test("what a step sends names the span that it gets afterwards", () => {
  const began: LogEntry = ["0", result("a", 10), null];
  const first = parseTraceparent(traceOf(began).headerFor("0"));
  // The first step of a run may act before its begin is told.
  expect(parseTraceparent(traceOf().headerFor("0"))).toEqual(first);
  const entries = [began, failed("0", "a", 10, 20, 1, 1020)];
  const second = parseTraceparent(traceOf(...entries).headerFor("0"));
  const [, ...steps] = traceOf(...entries).spans(endOf(result("a", 10, { attempts: 2 }, 1030)), START + 1030, STEPS);
  expect(steps.map(({ context }) => context)).toEqual([first, second].flatMap((context) => context ?? []));
});

test("a sleep of more than an hour ends the trace, and another goes on with a link", () => {
  const slept: LogEntry[] = [
    ["0", result("a", 0, {}, 10), null],
    ["1", result("b", 10), START + 10 + 2 * HOUR],
  ];
  const before = traceOf(...slept);
  expect(before.sleepsLong(START + 10 + 2 * HOUR)).toBe(true);
  // Given back for another reason it goes on before.
  expect(before.sleepsLong(START + HOUR)).toBe(false);
  expect(linesOf(before, null, 20)).toEqual([
    "trigger > run: 0 to 20",
    "run > step webhook 0 #1: 0 to 10",
    "run > step delay 1 #1: 10 to 20",
  ]);
  const wake = 10 + 2 * HOUR;
  const end = endOf(result("a", 0, {}, 10), result("b", 10, {}, wake + 1), result("c", wake + 1, {}, wake + 2));
  const after = traceOf(...slept);
  expect(linesOf(after, end, wake + 3)).toEqual([
    `none > run: ${wake} to ${wake + 3}`,
    `run > step transform 2 #1: ${wake + 1} to ${wake + 2}`,
  ]);
  const [run] = traceOf(...slept).spans(end, START + wake + 3, STEPS);
  expect(run?.context.traceId).not.toBe(PARENT.traceId);
  expect(run?.link).toEqual({ ...PARENT, isSampled: true });
});

test("an attempt after a long wait is in the next trace, also before anything of it is told", () => {
  const wake = 20 + 2 * HOUR;
  const entries = [["0", result("a", 10), null] satisfies LogEntry, failed("0", "a", 10, 20, 1, wake)];
  expect(traceOf(...entries).traceId).toBe(PARENT.traceId);
  const header = parseTraceparent(traceOf(...entries).headerFor("0"));
  const [run, ...steps] = traceOf(...entries).spans(endOf(result("a", 10, {}, wake + 5)), START + wake + 5, STEPS);
  expect(run?.context.traceId).not.toBe(PARENT.traceId);
  expect(steps.map(({ context }) => context)).toEqual(header === null ? [] : [header]);
});

test("a short sleep stays in the trace, and so does a long one beside which other branches go on", () => {
  expect(traceOf(["0", result("a", 0), START + HOUR]).sleepsLong(START + HOUR)).toBe(false);
  const nested = (path: string) => ({ path, type: "webhook" });
  const beside = traceOf(
    ["0", result("p", 0, nested("0")), null],
    ["0/0/0", result("p.a.x", 0, nested("0/0/0")), START + 2 * HOUR],
    ["0/1/0", result("p.b.y", 0, nested("0/1/0")), null],
    ["0/1/0", result("p.b.y", 0, nested("0/1/0"), 1.5 * HOUR), null],
    ["0/1/1", result("p.b.z", 1.5 * HOUR, nested("0/1/1")), null],
  );
  expect(beside.sleepsLong(START + 2 * HOUR)).toBe(false);
  expect(beside.traceId).toBe(PARENT.traceId);
});

test("results are told apart by the names of their steps, in whatever order an object has them", () => {
  const steps = [
    { name: "b", type: "delay" },
    { name: "1", type: "transform" },
  ];
  const end = endOf(result("b", 0, {}, 5), result("1", 5, {}, 6));
  const [, ...spans] = traceOf().spans(end, START + 7, steps);
  expect(spans.map(nameOf).sort()).toEqual(["step delay 0 #1", "step transform 1 #1"]);
});

test("what is not sampled is passed on as it came", () => {
  const traceparent = `00-${PARENT.traceId}-${PARENT.spanId}-00`;
  const trace = RunTrace.of({ ...RUN, traceparent }, "[]");
  expect(trace?.isSampled).toBe(false);
  expect(trace?.headerFor("0")).toBe(traceparent);
});

test("a run without a trace has none, nor one whose column does not fit", () => {
  for (const traceparent of [null, "nonsense"]) expect(RunTrace.of({ ...RUN, traceparent }, "[]")).toBeNull();
});
