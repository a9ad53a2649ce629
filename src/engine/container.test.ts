/** Branches as the engine decides about them, without a thread or a clock. */
import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import delay from "../connectors/delay.ts";
import { type Connector, defineConnector, type StepTypes } from "../connectors/index.ts";
import transform from "../connectors/transform.ts";
import { type JoinKind, PARALLEL } from "../language/containers.ts";
import type { Step } from "../language/workflow.ts";
import type { LogEntry } from "../schemas/log.ts";
import { type Decision, decide } from "./decide.ts";
import type { StepOutcome } from "./entries.ts";
import { beginEntry, outcomeEntry } from "./outcome.ts";
import { compile } from "./plan.ts";
import { blockOf, foldLog, type RunState, record } from "./state.ts";

const NOW = Date.UTC(2030, 0, 1);
const RUN = "01900000-0000-7000-8000-000000000001";
const effect = defineConnector({
  type: "effect",
  kind: "effect",
  description: "Is never started here.",
  config: Type.Object({}),
  run: () => Promise.reject(new Error("the engine started an effect")),
});
const connectors: Connector[] = [transform, delay, effect];
const types: StepTypes = new Map(
  connectors.map((connector) => [connector.type, { connector, validator: TypeCompiler.Compile(connector.config) }]),
);

const acts = (name: string): Step => ({ name, type: "effect", config: {} });
const waits = (name: string, duration: number): Step => ({ name, type: "delay", config: { duration } });
const gives = (name: string, value: string): Step => ({ name, type: "transform", config: { value } });
const fan = (join: JoinKind, ...branches: Step[][]): Step => ({
  name: "fan",
  type: PARALLEL,
  config: { join, branches: branches.map((steps, index) => ({ name: `b${index}`, steps })) },
});

/** A run as a thread takes it along: its effects are begun and stay under way until a test says how they ended. */
class Played {
  readonly state: RunState;
  readonly log: LogEntry[] = [];
  readonly underWay = new Set<string>();
  readonly #steps: Step[];

  constructor(steps: Step[]) {
    this.#steps = steps;
    this.state = foldLog(compile(steps, types), {}, []);
  }

  /** Everything that may be done at a time; gives what is left then. */
  go(now: number): Decision {
    for (;;) {
      const decision = decide(this.state, now, this.underWay);
      if (decision.kind === "record") this.#add(decision.entry);
      else if (decision.kind === "settle") {
        this.#add(outcomeEntry(this.state, decision.block, RUN, now, decision.outcome, decision.inner));
      } else if (decision.kind !== "execute") return decision;
      else if (decision.connector.kind === "pure") {
        const output = decision.connector.run(decision.config);
        this.#add(outcomeEntry(this.state, decision.block, RUN, now, { output }));
      } else {
        if (!decision.hasBegun) this.#add(beginEntry(decision.block, now, null));
        this.underWay.add(decision.path);
      }
    }
  }

  /** How an effect ended. */
  ends(path: string, now: number, outcome: StepOutcome = { output: { from: path } }): Decision {
    const block = blockOf(this.state, path);
    if (block === undefined || !this.underWay.delete(path)) throw new Error(`no effect at ${path}`);
    this.#add(outcomeEntry(this.state, block, RUN, now, outcome));
    return this.go(now);
  }

  /** What is shown of it: the status of each step by its address. */
  get statuses(): Record<string, string> {
    return Object.fromEntries([...this.state.steps.values()].map(([, { step_name, status }]) => [step_name, status]));
  }

  #add(entry: LogEntry): void {
    this.log.push(entry);
    record(this.state, entry);
    if (entry[1].status === "skipped") this.underWay.delete(entry[0]);
    const again = foldLog(compile(this.#steps, types), {}, structuredClone(this.log));
    expect(again.blocks).toEqual(this.state.blocks);
    expect(again.root).toEqual(this.state.root);
  }
}

const failed: StepOutcome = { code: "failed", error: "no", output: null };

describe("branches go on beside one another", () => {
  test("all effects that may be started are decided together, and the soonest time is the time to wait for", () => {
    const run = new Played([
      fan("all", [acts("a"), acts("b")], [waits("c", 5)], [waits("d", 3), acts("e")], [acts("f")]),
    ]);
    expect(run.go(NOW)).toEqual({ kind: "wait", wakeAt: NOW + 3000 });
    expect([...run.underWay]).toEqual(["0/0/0", "0/3/0"]);
    expect(run.ends("0/0/0", NOW + 10)).toEqual({ kind: "wait", wakeAt: NOW + 3000 });
    expect([...run.underWay]).toEqual(["0/3/0", "0/0/1"]);
    expect(run.go(NOW + 3000)).toEqual({ kind: "wait", wakeAt: NOW + 5000 });
    run.ends("0/0/1", NOW + 4000);
    run.ends("0/2/1", NOW + 4000);
    expect(run.ends("0/3/0", NOW + 4000)).toEqual({ kind: "wait", wakeAt: NOW + 5000 });
    expect(run.go(NOW + 5000)).toEqual({ kind: "end", status: "success", error: null });
  });

  test("what was under way at a crash is decided again, and nothing else", () => {
    const run = new Played([fan("all", [acts("a"), acts("b")], [acts("c")], [gives("d", "x")])]);
    run.go(NOW);
    run.ends("0/0/0", NOW);
    const after = new Played([fan("all", [acts("a"), acts("b")], [acts("c")], [gives("d", "x")])]);
    for (const entry of run.log) record(after.state, entry);
    after.go(NOW + 1);
    expect([...after.underWay]).toEqual(["0/0/1", "0/1/0"]);
    expect(after.log).toEqual([]);
  });
});

describe("joins", () => {
  test("all: cancels what is under way, also within the branches of a branch", () => {
    const run = new Played([fan("all", [fan("all", [acts("x")], [waits("y", 9)])], [acts("a")]), acts("after")]);
    run.go(NOW);
    expect(run.ends("0/1/0", NOW + 1, failed)).toMatchObject({ kind: "end", error: 'Step "fan.b1.a" failed: no' });
    expect(run.statuses).toEqual({
      fan: "failed",
      "fan.b0.fan": "skipped",
      "fan.b0.fan.b0.x": "skipped",
      "fan.b0.fan.b1.y": "skipped",
      "fan.b1.a": "failed",
    });
    expect(run.underWay.size).toBe(0);
  });

  test("any: a failure is passed over, the first success wins, and the step after it has its output", () => {
    const run = new Played([fan("any", [acts("a")], [acts("b")], [acts("c")]), gives("last", "${fan.b1.b.from}")]);
    run.go(NOW);
    expect(run.ends("0/0/0", NOW, failed).kind).toBe("wait");
    expect(run.ends("0/1/0", NOW)).toMatchObject({ kind: "end", status: "success" });
    expect(run.statuses).toEqual({
      fan: "success",
      "fan.b0.a": "failed",
      "fan.b1.b": "success",
      "fan.b2.c": "skipped",
      last: "success",
    });
    expect(run.state.steps.get("1")?.[1].output).toMatchObject({ value: "0/1/0" });
  });

  test("two branches that end at one time are settled in the order of the list", () => {
    const run = new Played([fan("any", [waits("a", 1)], [waits("b", 1)])]);
    run.go(NOW);
    run.go(NOW + 1000);
    expect(run.state.steps.get("0")?.[1].details).toEqual({ winner: "b0" });
  });

  test("all_settled: succeeds whatever became of its branches", () => {
    const run = new Played([fan("all_settled", [acts("a")], [acts("b")])]);
    run.go(NOW);
    run.ends("0/0/0", NOW, failed);
    expect(run.ends("0/1/0", NOW, failed)).toEqual({ kind: "end", status: "success", error: null });
    expect(run.state.steps.get("0")?.[1]).toMatchObject({
      output: {},
      details: { failed: { b0: { step: "fan.b0.a" }, b1: { step: "fan.b1.b" } } },
    });
  });
});
