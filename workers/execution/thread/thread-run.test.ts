/** How steps end whose connectors throw, and what of that a user sees. */
import { describe, expect, test } from "bun:test";
import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { type Connector, defineConnector, StepFailure, type StepTypes } from "../../../src/connectors/index.ts";
import { compile } from "../../../src/engine/plan/compile.ts";
import type { Json } from "../../../src/schemas/json/json.ts";
import type { Advanced } from "../port.ts";
import { packResults, unpackResults } from "../wire.ts";
import type { Surroundings } from "./surroundings.ts";
import { ThreadRun } from "./thread-run.ts";

const SECRET = "SELECT password FROM users: connection to 10.0.0.1 refused";
const OURS = "failed unexpectedly; the log has the reason under the id of the run";
const config = Type.Object({ n: Type.Optional(Type.Integer({ minimum: 1 })) }, { additionalProperties: false });
const description = "Fails.";

function thrown(): never {
  throw new TypeError(SECRET);
}

const connectors: Connector[] = [
  defineConnector({ type: "pure", kind: "pure", description, config, run: thrown }),
  defineConnector({ type: "effect", kind: "effect", description, config, run: async () => thrown() }),
  defineConnector({
    type: "no error",
    kind: "effect",
    description,
    config,
    run: () => Promise.reject({ message: SECRET }),
  }),
  defineConnector({ type: "wait", kind: "wait", description, config, milliseconds: thrown, output: () => ({}) }),
  defineConnector({ type: "woken", kind: "wait", description, config, milliseconds: () => 0, output: thrown }),
  defineConnector({
    type: "meant",
    kind: "pure",
    description,
    config,
    run: () => {
      throw new StepFailure("network", "It is meant so", { kept: true });
    },
  }),
];
const types: StepTypes = new Map(
  connectors.map((connector) => [connector.type, { connector, validator: TypeCompiler.Compile(connector.config) }]),
);

const world: Surroundings = {
  now: () => 1,
  stepwise: false,
  beat: () => {},
  attempt: () => {},
};

const tools = () => ({
  idempotencyKey: "",
  depth: 0,
  traceparent: null,
  signal: new AbortController().signal,
  fetch: thrown,
});

async function run(
  type: string,
  stepConfig: Record<string, Json> = {},
  surroundings = world,
): Promise<Advanced | undefined> {
  const plan = compile({ steps: [{ name: "a", type, config: stepConfig }] }, types);
  const one = new ThreadRun({ uuid: "run", token: 1, depth: 0 }, plan, { payload: "{}", log: "[]", facts: null });
  let advanced = one.advance(surroundings);
  if (types.get(type)?.connector.kind === "effect") {
    expect(advanced.next).toEqual({ kind: "wait", ready: [{ path: "0", host: null }], wakeAt: null, hasEffects: true });
    await one.start("0", surroundings, tools);
    advanced = one.advance(surroundings);
  }
  const [result] = unpackResults(packResults([{ kind: "advanced", advanced }]));
  return result?.kind === "advanced" ? result.advanced : undefined;
}

describe("a connector that throws what is no StepFailure", () => {
  for (const type of ["pure", "effect", "wait", "woken"]) {
    test(`${type}: the step fails in our words, and the log gets the others`, async () => {
      const advanced = await run(type);
      const error = `Step "a" failed: The step type ${type} ${OURS}`;
      expect(advanced?.next).toMatchObject({ kind: "end", status: "failed", error });
      expect(JSON.stringify(advanced?.next)).not.toContain("password");
      expect(advanced?.unexpected).toStartWith(`TypeError: ${SECRET}`);
    });
  }
  test("what is not even an Error is not shown either", async () => {
    expect(JSON.stringify((await run("no error"))?.next)).not.toContain("password");
  });
});

test("waits that are over at once are told of where the results leave some out", () => {
  const naps = { name: "nap", type: "nap", config: {} };
  const nap = defineConnector({
    ...{ type: "nap", kind: "wait", description },
    config,
    milliseconds: () => 0,
    output: () => ({}),
  });
  const known: StepTypes = new Map([["nap", { connector: nap, validator: TypeCompiler.Compile(config) }]]);
  const entriesOf = (count: number) => {
    const items = Array.from({ length: count }, (_, n) => n);
    const map = { name: "naps", type: "map", config: { items, steps: [naps], concurrency: 1000, output: 1 } };
    const plan = compile({ steps: [map] }, known);
    const one = new ThreadRun({ uuid: "run", token: 1, depth: 0 }, plan, { payload: "{}", log: "[]", facts: null });
    const entries: Json[] = [];
    for (;;) {
      const advanced = one.advance(world);
      const told: Json[] = JSON.parse(advanced.entries);
      if (advanced.next.kind === "end") return [...entries, ...told].length;
      entries.push(...told);
    }
  };
  expect(entriesOf(400)).toBe(0);
  expect(entriesOf(1100)).toBeGreaterThan(2200);
});

test("attempts are told of by type and outcome, with the time that they took", async () => {
  let now = 0;
  const attempts: Parameters<Surroundings["attempt"]>[] = [];
  const attempt = (...told: Parameters<Surroundings["attempt"]>) => attempts.push(told);
  const watched = { ...world, now: () => (now += 5), attempt };
  for (const type of ["pure", "effect", "woken", "nothing"]) await run(type, {}, watched);
  expect(attempts.map(([type, outcome]) => [type, outcome])).toEqual([
    ["pure", "failed"],
    ["effect", "failed"],
    ["woken", "failed"],
    ["nothing", "failed"],
  ]);
  expect(attempts.map(([, , milliseconds]) => milliseconds)).toEqual([5, 5, 10, 5]);
});

test("a StepFailure keeps its sentence and its output, and is not logged", async () => {
  const advanced = await run("meant");
  expect(advanced?.next).toMatchObject({ kind: "end", error: 'Step "a" failed: It is meant so' });
  expect(advanced?.next).toMatchObject({ stepResults: expect.stringContaining('"output":{"kept":true}') });
  expect(advanced).not.toHaveProperty("unexpected");
});

test("expressions that cost much let other runs have their turn, and go on where they were", () => {
  const connector = defineConnector({
    type: "same",
    kind: "pure",
    description,
    config: Type.Object({ value: Type.Unknown() }),
    run: ({ value }) => ({ value: String(value) }),
  });
  const validator = TypeCompiler.Compile(connector.config);
  const dear = "${{ range(30000).filter(i, i >= 29998).size() + payload.n }}";
  const steps = Array.from({ length: 20 }, (_, index) => ({
    name: `s${index}`,
    type: "same",
    config: { value: dear },
  }));
  const plan = compile({ steps }, new Map([["same", { connector, validator }]]));
  const one = new ThreadRun({ uuid: "run", token: 1, depth: 0 }, plan, { payload: '{"n":1}', log: "[]", facts: null });
  // Each costs 90,000 units: the twelfth is the first beyond a million.
  const turns = Array.from({ length: 3 }, () => one.advance(world));
  expect(turns.map(({ next }) => next.kind)).toEqual(["again", "end", "end"]);
  expect(turns.map(({ entries }) => JSON.parse(entries).length)).toEqual([12, 0, 0]);
  expect(turns[1]?.next).toMatchObject({ status: "success", stepResults: expect.stringContaining('"s19"') });
});

describe("a config that does not fit once it is resolved", () => {
  const unfit: [Record<string, Json>, string][] = [
    [{ n: 0 }, "config.n: Input should be greater than or equal to 1"],
    [{ n: "x" }, "config.n: Input should be a valid integer"],
    [{ m: 1 }, "config.m: Extra inputs are not permitted"],
    [{ "a/b~": 1 }, "config.a/b~: Extra inputs are not permitted"],
    [{ ["k".repeat(5000)]: 1 }, `config.${"k".repeat(199)}…: Extra inputs are not permitted`],
  ];
  for (const [stepConfig, error] of unfit) {
    test(`${error.slice(0, 60)}`, async () => {
      expect((await run("pure", stepConfig))?.next).toMatchObject({ error: `Step "a" failed: ${error}` });
    });
  }
});
