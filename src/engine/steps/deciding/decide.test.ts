import { describe, expect, test } from "bun:test";
import { type TSchema, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { isoTime } from "../../../clock.ts";
import delay from "../../../connectors/delay.ts";
import { type Connector, defineConnector, type StepTypes } from "../../../connectors/index.ts";
import transform from "../../../connectors/transform.ts";
import type { Step } from "../../../language/definition/step.ts";
import type { Json, JsonObject } from "../../../schemas/json/json.ts";
import type { LogEntry } from "../../../schemas/log/log.ts";
import { endedEntry, startedEntry } from "../../entries.ts";
import { compile } from "../../plan/compile.ts";
import type { RunState } from "../../state/state.ts";
import { outcomeEntry } from "../recording/outcome.ts";
import { foldLog, record } from "../recording/record.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";

const NOW = Date.UTC(2030, 0, 1);
const RUN = "01900000-0000-7000-8000-000000000001";
const DAY = 24 * 60 * 60 * 1000;

const effect = defineConnector({
  type: "effect",
  kind: "effect",
  description: "Must never be started by the engine itself.",
  config: Type.Object({ to: Type.String() }, { additionalProperties: false }),
  run: () => Promise.reject(new Error("the engine started an effect")),
});

function typesOf(connectors: Connector[]): StepTypes {
  return new Map(
    connectors.map((connector) => {
      const schema: TSchema = connector.config;
      return [connector.type, { connector, validator: TypeCompiler.Compile(schema) }];
    }),
  );
}

const types = typesOf([transform, delay, effect]);

const pure = (name: string, value: Json): Step => ({ name, type: "transform", config: { value } });
const wait = (duration: Json, name = "wait"): Step => ({ name, type: "delay", config: { duration } });
const send = (to: Json): Step => ({ name: "send", type: "effect", config: { to } });

/** Runs pure steps and records as a worker does, up to the first decision that is neither. */
function drive(state: RunState, now: number): { decision: Decision; log: LogEntry[] } {
  const log: LogEntry[] = [];
  for (;;) {
    const decision = decide(state, now);
    const entry = entryOf(state, decision, now);
    if (entry === null) return { decision, log };
    record(state, entry);
    log.push(entry);
  }
}

/** The entry that comes of a decision; null where something else has to happen first. */
function entryOf(state: RunState, decision: Decision, now: number): LogEntry | null {
  if (decision.kind === "record") return decision.entry;
  if (decision.kind === "settle") {
    return outcomeEntry(state, decision.block, RUN, now, decision.outcome, decision.inner);
  }
  if (decision.kind !== "execute" || decision.connector.kind !== "pure") return null;
  const output: JsonObject = decision.connector.run(decision.config);
  return outcomeEntry(state, decision.block, RUN, now, { output });
}

/** The entry that comes next. */
function recorded(state: RunState, now: number): LogEntry {
  const decision = decide(state, now);
  const entry = entryOf(state, decision, now);
  if (entry === null) throw new Error(`expected an entry, got ${decision.kind}`);
  return entry;
}

function folded(steps: Step[], payload: Json, log: LogEntry[]): RunState {
  return foldLog(compile({ steps }, types), payload, log);
}

describe("what a run does next", () => {
  test("no step left: success", () => {
    expect(decide(folded([], {}, []), NOW)).toEqual({ kind: "end", status: "success", error: null });
  });

  const executed: [Step, Json][] = [
    [pure("a", "${payload.n}"), { value: 5 }],
    [pure("a", ["x${payload.n}", "$${n}"]), { value: ["x5", "${n}"] }],
    [send("${payload.to}"), { to: "there" }],
  ];
  for (const [step, config] of executed) {
    test(`${step.type} is executed with its placeholders resolved: ${JSON.stringify(config)}`, () => {
      const decision = decide(folded([step], { n: 5, to: "there" }, []), NOW);
      expect(decision).toMatchObject({ kind: "execute", path: "0", hasBegun: false });
      if (decision.kind !== "execute") throw new Error("narrowed above");
      expect(decision.connector.type).toBe(step.type);
      expect(decision.config).toEqual(config);
    });
  }

  test("an effect that began before keeps the time at which it began", () => {
    const state = folded([send("x")], {}, [startedEntry("0", "send", NOW - DAY, null)]);
    expect(decide(state, NOW)).toMatchObject({ kind: "execute", hasBegun: true });
    const [, ended] = outcomeEntry(state, state.root, RUN, NOW, { output: {} });
    expect(ended).toMatchObject({ started_at: isoTime(NOW - DAY), completed_at: isoTime(NOW) });
  });

  test("steps reach what earlier ones gave, and run in order", () => {
    const steps = [pure("a", { n: "${payload.n}" }), pure("2", "${a.value.n}"), pure("c", "<${2.value}>")];
    const state = folded(steps, { n: 1 }, []);
    const { decision, log } = drive(state, NOW);
    expect(decision).toEqual({ kind: "end", status: "success", error: null });
    expect(log.map(([path, { step_name, output }]) => [path, step_name, output])).toEqual([
      ["0", "a", { type: "transform", value: { n: 1 } }],
      ["1", "2", { type: "transform", value: 1 }],
      ["2", "c", { type: "transform", value: "<1>" }],
    ]);
  });

  test("a step runs that was stored when names could hold controls of C1", () => {
    const state = folded([pure("a\u0085b", 1), pure("c", "${a\u0085b.value}")], {}, []);
    expect(drive(state, NOW).log.map(([, { output }]) => output)).toMatchObject([{ value: 1 }, { value: 1 }]);
  });
});

describe("a step that fails ends the run", () => {
  const cases: { name: string; step: Step; error: string | RegExp }[] = [
    {
      name: "a placeholder that leads nowhere",
      step: pure("bad", "${payload.gone}"),
      error: "The placeholder ${payload.gone} leads nowhere",
    },
    {
      name: "a placeholder of a later step",
      step: pure("bad", "${later}"),
      error: "The placeholder ${later} leads nowhere",
    },
    { name: "a step's own name", step: pure("bad", "${bad}"), error: "The placeholder ${bad} leads nowhere" },
    {
      name: "an unknown type",
      step: { name: "bad", type: "nothing", config: {} },
      error: 'There is no step type "nothing" here',
    },
    { name: "a config that no longer fits", step: { ...send(1), name: "bad" }, error: /^config\.to: / },
    { name: "a duration that became text", step: wait("${payload.text}", "bad"), error: /^config\.duration: / },
    { name: "a duration that became negative", step: wait("${payload.negative}", "bad"), error: /^config\.duration: / },
    {
      name: "a duration that became longer than a year",
      step: wait("${payload.huge}", "bad"),
      error: /^config\.duration: /,
    },
  ];
  for (const { name, step, error } of cases) {
    test(name, () => {
      const payload = { text: "soon", negative: -1, huge: 1e9 };
      const steps = [pure("first", 1), step, pure("later", 2)];
      const state = folded(steps, payload, []);
      const { decision, log } = drive(state, NOW);
      const [path, result] = log.at(-1) ?? [];
      expect(path).toBe("1");
      expect(result).toMatchObject({ step_name: "bad", status: "failed", output: null, completed_at: isoTime(NOW) });
      expect(result?.error).toMatch(error);
      expect(decision).toEqual({ kind: "end", status: "failed", error: `Step "bad" failed: ${result?.error}` });
      expect(log).toHaveLength(2);
      expect(decide(folded(steps, payload, log), NOW + DAY)).toEqual(decision);
    });
  }
});

describe("a delay", () => {
  for (const [duration, milliseconds] of [
    [0, 0],
    [0.0001, 1],
    [0.001, 1],
    [1, 1000],
    [0.0011, 2],
    [1.005, 1005],
    [60, 60_000],
    [365 * 24 * 60 * 60, 365 * DAY],
  ] as const) {
    test(`of ${duration} s sleeps ${milliseconds} ms and never less`, () => {
      const steps = [wait(duration)];
      const started = recorded(folded(steps, {}, []), NOW);
      const wakeAt = NOW + milliseconds;
      expect(started).toMatchObject(["0", { status: "running", started_at: isoTime(NOW) }, wakeAt]);
      expect(milliseconds).toBeGreaterThanOrEqual(duration * 1000);
      for (const early of [NOW - 1, NOW, wakeAt - 1].filter((time) => time < wakeAt)) {
        expect(decide(folded(steps, {}, [started]), early)).toEqual({ kind: "wait", wakeAt });
      }
      for (const time of [wakeAt, wakeAt + DAY]) {
        const ended = recorded(folded(steps, {}, [started]), time);
        expect(ended).toEqual([
          "0",
          {
            step_name: "wait",
            status: "success",
            started_at: isoTime(NOW),
            completed_at: isoTime(time),
            output: { type: "delay", duration, message: `Delayed for ${duration} seconds` },
            error: null,
          },
          null,
        ]);
        expect(decide(folded(steps, {}, [started, ended]), time).kind).toBe("end");
      }
    });
  }

  test("takes its duration from the payload, and waits its own time after another", () => {
    const steps = [wait("${payload.s}", "one"), wait(2, "two")];
    const state = folded(steps, { s: 3 }, []);
    expect(drive(state, NOW).decision).toEqual({ kind: "wait", wakeAt: NOW + 3000 });
    expect(drive(state, NOW + 3500).decision).toEqual({ kind: "wait", wakeAt: NOW + 5500 });
    expect(drive(state, NOW + 5500).decision).toMatchObject({ kind: "end", status: "success" });
  });
});

describe("purity", () => {
  const steps = [pure("a", "${payload.list}"), wait(1), send("${a.value[0]}"), pure("b", "${nothing}")];
  const payload = { list: ["x"] };
  const states: { name: string; log: LogEntry[] }[] = [];
  const state = folded(steps, payload, []);
  const log: LogEntry[] = [];
  for (const [index, now] of [NOW, NOW + 500, NOW + 1000].entries()) {
    log.push(...drive(state, now).log);
    states.push({ name: `after pass ${index}`, log: [...log] });
  }
  const sent = endedEntry("2", "send", isoTime(NOW), NOW, { output: {} });
  states.push({ name: "before the step that fails", log: [...log, sent] }, { name: "at the beginning", log: [] });

  for (const { name, log } of states) {
    test(`${name}: the same decision twice, nothing changed`, () => {
      const state = folded(steps, payload, log);
      const before = Bun.inspect(state, { depth: 20 });
      const stepsBefore = structuredClone(steps);
      const first = decide(state, NOW + 700);
      expect(decide(state, NOW + 700)).toEqual(first);
      expect(Bun.inspect(state, { depth: 20 })).toBe(before);
      expect(steps).toEqual(stepsBefore);
      expect(decide(folded(steps, payload, structuredClone(log)), NOW + 700)).toEqual(first);
    });
  }
});

test("10,000 pure steps are one pass, and their log folds to the same state", () => {
  const steps = Array.from({ length: 10_000 }, (_, index) =>
    pure(`s${index}`, index === 0 ? 0 : `\${s${index - 1}.value}`),
  );
  const state = folded(steps, {}, []);
  const { decision, log } = drive(state, NOW);
  expect(decision).toEqual({ kind: "end", status: "success", error: null });
  expect(log).toHaveLength(10_000);
  expect(state.root.scope.get("s9999")).toEqual({ type: "transform", value: 0 });
  const again = folded(steps, {}, log);
  expect(again.root.position).toBe(state.root.position);
  expect(again.steps.size).toBe(10_000);
});
