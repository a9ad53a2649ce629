/** What delay and transform steps leave behind, how placeholders resolve, and how a run ends. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectRunShape } from "./harness/http/contract.ts";
import { expectReply } from "./harness/http/expect.ts";
import { listAt, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const transform = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const delay = (name: string, duration: number): StepInput => ({ name, type: "delay", config: { duration } });

/** A run that failed at one step, before which everything went well and after which nothing ran. */
function expectFailedAt(run: Run, steps: StepInput[], failed: string, error: RegExp): void {
  expectRunShape(run.body);
  const index = steps.findIndex(({ name }) => name === failed);
  const results = objectAt(run.body, "step_results");
  const statuses = steps.map(({ name }) => (name in results ? textAt(results, name, "status") : "absent"));
  expect({ run: run.text, status: run.status, statuses }).toEqual({
    run: run.text,
    status: "failed",
    statuses: steps.map((_, n) =>
      n < index ? "success" : n === index ? "failed" : expect.stringMatching(/^(absent|pending|skipped)$/),
    ),
  });
  expect(run.step(failed).error).toMatch(error);
  expect(run.error).toMatch(error);
}

describe("delay", () => {
  for (const duration of [0, 0.2, 1]) {
    test(`of ${duration} s`, async () => {
      const run = await api.run([delay("wait", duration)]);
      const message = `Delayed for ${duration} seconds`;
      expect(run.output("wait")).toEqual({ type: "delay", duration, message });
      const { started_at, completed_at } = run.step("wait");
      const waited = Date.parse(textAt(completed_at)) - Date.parse(textAt(started_at));
      expect(waited).toBeGreaterThanOrEqual(duration * 1000);
      expect(waited).toBeLessThan(duration * 1000 + 2_000);
    });
  }

  test("never ends early by the clock of whoever waits for it", async () => {
    const workflow = await api.create([delay("wait", 0.5)]);
    const before = performance.now();
    const runs = await Promise.all(Array.from({ length: 20 }, () => api.trigger(workflow)));
    const ends = await Promise.all(runs.map((run) => api.untilEnded(run).then(() => performance.now() - before)));
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(500);
  });

  test("takes its duration from a placeholder", async () => {
    const workflow = await api.create([{ name: "wait", type: "delay", config: { duration: "${payload.seconds}" } }]);
    const run = await api.untilEnded(await api.trigger(workflow, { seconds: 0.1 }));
    expect(run.output("wait")).toEqual({ type: "delay", duration: 0.1, message: "Delayed for 0.1 seconds" });
  });

  for (const seconds of [-1, 31_622_401, "soon", null]) {
    test(`fails when a placeholder brings it ${JSON.stringify(seconds)}`, async () => {
      const steps = [{ name: "wait", type: "delay", config: { duration: "${payload.seconds}" } }];
      const run = await api.untilEnded(await api.trigger(await api.create(steps), { seconds }));
      expectFailedAt(run, steps, "wait", /duration/);
    });
  }
});

describe("placeholders", () => {
  const payload = {
    n: 5,
    zero: 0,
    fraction: 1.5,
    yes: true,
    no: false,
    nothing: null,
    word: "word",
    empty: "",
    list: [{ x: "first" }, { x: "second" }],
    deep: { er: { value: [1, [2, 3]] } },
    "user-id": 7,
    "two words": 8,
    "7": "seven",
    "a.b": { "[z]": [{ "": "quoted" }], "}": "brace" },
    trap: "${payload.n}",
    half: "${payload",
  };
  const cases: { value: unknown; becomes: unknown }[] = [
    // Exactly a placeholder: the value with its type.
    { value: "${payload.n}", becomes: 5 },
    { value: "${payload.zero}", becomes: 0 },
    { value: "${payload.fraction}", becomes: 1.5 },
    { value: "${payload.yes}", becomes: true },
    { value: "${payload.no}", becomes: false },
    { value: "${payload.nothing}", becomes: null },
    { value: "${payload.word}", becomes: "word" },
    { value: "${payload.empty}", becomes: "" },
    { value: "${payload.list}", becomes: payload.list },
    { value: "${payload.deep}", becomes: payload.deep },
    { value: "${payload}", becomes: payload },
    // Ways along a path.
    { value: "${payload.list[0].x}", becomes: "first" },
    { value: "${payload.list.0.x}", becomes: "first" },
    { value: "${payload.list[1]}", becomes: { x: "second" } },
    { value: "${payload.deep.er.value[1][0]}", becomes: 2 },
    { value: "${payload.deep.er.value.1.1}", becomes: 3 },
    { value: "${payload.user-id}", becomes: 7 },
    { value: "${payload.two words}", becomes: 8 },
    { value: "${payload.7}", becomes: "seven" },
    { value: '${payload["a.b"]["[z]"][0][""]}', becomes: "quoted" },
    { value: '<${payload["a.b"]["}"]}>', becomes: "<brace>" },
    // Inside a longer string: written in.
    { value: "n is ${payload.n}", becomes: "n is 5" },
    { value: "${payload.n} ", becomes: "5 " },
    { value: "${payload.n}${payload.word}", becomes: "5word" },
    { value: "<${payload.yes}|${payload.no}|${payload.fraction}>", becomes: "<true|false|1.5>" },
    { value: "<${payload.empty}>", becomes: "<>" },
    { value: "list: ${payload.deep.er.value}", becomes: "list: [1,[2,3]]" },
    // $$ takes a placeholder's meaning away.
    { value: "$${payload.n}", becomes: "${payload.n}" },
    { value: "$${x}", becomes: "${x}" },
    { value: "a $${x} b ${payload.n}", becomes: "a ${x} b 5" },
    // What is no placeholder stays as it is.
    { value: "costs $5", becomes: "costs $5" },
    { value: "$", becomes: "$" },
    { value: "{payload.n}", becomes: "{payload.n}" },
    { value: "$payload.n", becomes: "$payload.n" },
    { value: "", becomes: "" },
    // What a placeholder brought in is data: it is not looked at again.
    { value: "${payload.trap}", becomes: "${payload.n}" },
    { value: "<${payload.trap}>", becomes: "<${payload.n}>" },
    { value: "${payload.half}.n}", becomes: "${payload.n}" },
    // Anywhere in a value.
    { value: ["${payload.n}", { a: { b: ["<${payload.n}>"] } }], becomes: [5, { a: { b: ["<5>"] } }] },
    { value: { whole: "${payload.list}", n: 1, none: null }, becomes: { whole: payload.list, n: 1, none: null } },
  ];
  for (const { value, becomes } of cases) {
    test(`${JSON.stringify(value)} becomes ${JSON.stringify(becomes).slice(0, 60)}`, async () => {
      const workflow = await api.create([transform("shape", value)]);
      const run = await api.untilEnded(await api.trigger(workflow, payload));
      expect(run.output("shape")).toEqual({ type: "transform", value: becomes });
    });
  }

  test("reach the outputs of earlier steps by their names", async () => {
    const run = await api.run(
      [
        transform("first", { x: ["${payload.n}"] }),
        delay("größe 📏 wait", 0),
        transform("last", { whole: "${first}", part: "${first.value.x[0]}", waited: "${größe 📏 wait.message}" }),
      ],
      { n: 5 },
    );
    expect(run.output("last")).toEqual({
      type: "transform",
      value: { whole: { type: "transform", value: { x: [5] } }, part: 5, waited: "Delayed for 0 seconds" },
    });
  });

  const nowhere = [
    "payload.missing",
    "payload.n.deeper",
    "payload.nothing.deeper",
    "payload.list[2]",
    "payload.list[-1]",
    "payload.list.x",
    // What every object of the language has is not in the data.
    "payload.toString",
    "payload.list.length",
    "payload.word.length",
    "payload.list.map",
    "payload.hasOwnProperty",
  ];
  for (const placeholder of nowhere) {
    for (const value of [`\${${placeholder}}`, `in a string: \${${placeholder}}!`]) {
      test(`${value} leads nowhere: the step fails and names it`, async () => {
        const steps = [transform("good", 1), transform("bad", { a: [value] }), transform("later", 2)];
        const run = await api.untilEnded(await api.trigger(await api.create(steps), payload));
        const quoted = placeholder.replaceAll(/[[\].]/g, "\\$&");
        expectFailedAt(run, steps, "bad", new RegExp(quoted));
        expect(run.step("bad").output).toBeNull();
      });
    }
  }
});

describe("an output over 1 MiB fails its step", () => {
  const text = "x".repeat(900_000);
  const outputs: { title: string; value: unknown }[] = [
    { title: "when two placeholders bring it", value: ["${payload.text}", "${payload.text}"] },
    { title: "when they are written into one string", value: "${payload.text}${payload.text}" },
    // 36 GB, were anyone to write it out before measuring it.
    { title: "when 40,000 placeholders bring it", value: Array(40_000).fill("${payload.text}") },
  ];
  for (const { title, value } of outputs) {
    test(title, async () => {
      const steps = [transform("big", value)];
      const run = await api.untilEnded(await api.trigger(await api.create(steps), { text }));
      expect({ status: run.status, error: run.error }).toEqual({
        status: "failed",
        error: expect.stringMatching(/1 MiB/),
      });
    });
  }
});

describe("step_results", () => {
  const names = ["2", "1", "b", "10", "a", "0"];

  test("come in the order of the definition, also where names look like numbers", async () => {
    const run = await api.run([...names.map((name) => transform(name, name)), delay("-1", 0)]);
    // Not the parsed object: JSON.parse itself puts integer keys first.
    const keys = [...run.text.matchAll(/"([^"]*)":\s*\{"step_name":\s*"([^"]*)"/g)].map(([, key, name]) => [key, name]);
    expect(keys).toEqual([...names, "-1"].map((name) => [name, name]));
  });

  test("come in that order in the list of runs and while the run is under way", async () => {
    const workflow = await api.create([...names.map((name) => transform(name, name)), delay("wait", 3)]);
    const runId = await api.trigger(workflow);
    const order = (text: string) => [...text.matchAll(/"step_name":\s*"([^"]*)"/g)].map(([, name]) => name);
    const single = await api.untilBegun(runId, "wait");
    expect(order(single.text)).toEqual([...names, "wait"]);
    await Bun.sleep(platform.own === null ? 2_000 : 0);
    const list = await api.get("/api/v1/runs?limit=1");
    expectReply(list, 200);
    expect(textAt(list.body, "items", 0, "uuid")).toBe(runId);
    expect(order(list.text)).toEqual([...names, "wait"]);
  });

  test("hold every one of 200 steps, each begun when the one before had ended", async () => {
    const steps = Array.from({ length: 200 }, (_, n) =>
      n % 50 === 49 ? delay(`step ${n}`, 0.01) : transform(`step ${n}`, n === 0 ? 0 : n),
    );
    const run = await api.run(steps);
    expect(run.status).toBe("success");
    const times = steps.flatMap(({ name }) => {
      const { started_at, completed_at } = run.step(name);
      return [Date.parse(textAt(started_at)), Date.parse(textAt(completed_at))];
    });
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(listAt([Object.keys(objectAt(run.body, "step_results"))], 0)).toHaveLength(200);
  });
});
