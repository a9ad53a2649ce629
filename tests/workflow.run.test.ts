/** What a definition says of its runs as a whole: `output`, `timeout`, `defaults`, `run`, and the step that ends them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectFaults } from "./harness/http/expect.ts";
import { at, objectAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let sink: Bun.Server<undefined>;
/** How often each path was asked for. */
const came = new Map<string, number>();

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  // /503/2/x answers twice with 503, and then with 200; /slow answers after a minute.
  sink = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const [, status = "", times = ""] = pathname.split("/");
      const before = came.get(pathname) ?? 0;
      came.set(pathname, before + 1);
      if (status === "slow") await Bun.sleep(60_000);
      return before >= Number(times)
        ? Response.json({ n: before + 1 })
        : new Response("no", { status: Number(status) });
    },
  });
});
afterAll(async () => {
  await sink.stop(true);
  await platform.close();
});

const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const wait = (name: string, duration: unknown): StepInput => ({ name, type: "delay", config: { duration } });
const block = (name: string, ...steps: StepInput[]): StepInput => ({ name, type: "block", config: { steps } });
const hook = (path: string, more: object = {}): StepInput => ({
  ...{ name: "hook", type: "webhook", config: { url: new URL(path, sink.url).href, method: "POST", body: {} } },
  ...more,
});
const done = (output?: unknown): StepInput => ({
  name: "done",
  type: "succeed",
  ...(output !== undefined && { config: { output } }),
});

async function run(steps: StepInput[], more: Record<string, unknown> = {}, times = 1) {
  const workflow = await api.create(steps, more);
  let ended = await api.untilEnded(await api.trigger(workflow, { n: 5 }));
  for (let time = 1; time < times; time++) ended = await api.untilEnded(await api.trigger(workflow, { n: 5 }));
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

describe("output", () => {
  test("is what the run gives, of any type, however the run was executed", async () => {
    for (const [output, value] of [
      ["${a.value}", 5],
      [
        { z: "${a.value}", a: [null, "n is ${payload.n}"] },
        { z: 5, a: [null, "n is 5"] },
      ],
      ["${{ a.value * 2 }}", 10],
      [null, null],
    ]) {
      // From the third on a run of pure steps is executed before it is stored.
      expect(at((await run([pure("a", "${payload.n}")], { output }, 4)).body, "output")).toEqual(value);
      expect(at((await run([pure("a", "${payload.n}"), wait("w", 0.1)], { output })).body, "output")).toEqual(value);
    }
  });

  test("is no field of a run whose definition has none", async () => {
    const { body } = await run([pure("a", 1)]);
    expect(Object.keys(objectAt(body))).toEqual([
      ...["uuid", "id", "workflow_id", "workflow_version", "status", "payload", "created_at", "started_at"],
      ...["completed_at", "error", "step_results"],
    ]);
  });

  test("that can't be resolved fails the run", async () => {
    const { status, body, results } = await run([pure("a", 1)], { output: "${a.nothing}" }, 4);
    expect([status, at(results, "a", "status")]).toEqual(["failed", "success"]);
    expect(at(body, "error")).toBe("The output of the run failed: The placeholder ${a.nothing} leads nowhere");
    expect(at(body, "error_details")).toMatchObject({
      code: "expression",
      step: "",
      path: "",
      attempts: 1,
      cause: null,
    });
    expect(Object.keys(objectAt(body))).not.toContain("output");
  });

  test("of a run that failed is none, and the run says its error", async () => {
    const { status, body } = await run([{ name: "no", type: "fail", config: { code: "sold_out", message: "no" } }], {
      output: 1,
    });
    expect([status, at(body, "error_details", "code"), at(body, "error_details", "step")]).toEqual([
      "failed",
      "sold_out",
      "no",
    ]);
    expect(Object.keys(objectAt(body))).not.toContain("output");
  });
});

describe("succeed", () => {
  test("ends the run with its output, whatever is around it and behind it", async () => {
    const { status, body, results } = await run([
      pure("a", 1),
      block("b", block("c", { ...done({ n: "${payload.n}" }), if: "payload.n == 5" }, pure("x", 1)), pure("y", 1)),
      pure("z", 1),
    ]);
    expect([status, at(body, "output")]).toEqual(["success", { n: 5 }]);
    expect(Object.entries(results).map(([name, result]) => `${name} ${at(result, "status")}`)).toEqual([
      ...["a success", "b success", "b.c success", "b.c.done success"],
    ]);
    expect(at(results, "b", "completed_at")).not.toBeNull();
  });

  test("gives null without one, in place of the output of the definition, and does nothing where it is skipped", async () => {
    const early = await run([done(), pure("a", 1)], { output: "${a.value}" }, 4);
    expect([early.status, at(early.body, "output")]).toEqual(["success", null]);
    const skipped = await run([{ ...done(), if: "false" }, pure("a", 1)], { output: "${a.value}" });
    expect([at(skipped.body, "output"), at(skipped.results, "done", "status")]).toEqual([1, "skipped"]);
  });

  test("in a handler leaves the step handled", async () => {
    const failing = { name: "no", type: "fail", config: { message: "no" }, catch: [{ steps: [done("caught")] }] };
    const { status, body, results } = await run([failing, pure("a", 1)]);
    expect([status, at(body, "output")]).toEqual(["success", "caught"]);
    expect(results.no).toMatchObject({ status: "failed", handled: true, details: { handled_by: "catch[0]" } });
    expect(results.a).toBeUndefined();
  });

  test("is refused beside other branches", async () => {
    const branch = (...steps: StepInput[]) => ({
      name: "p",
      type: "parallel",
      config: { branches: [{ name: "b", steps }] },
    });
    for (const [step, ...loc] of [
      [branch(done()), 0],
      [branch(block("k", done())), 0, "config", "steps", 0],
      [branch({ ...pure("a", 1), catch: [{ steps: [done()] }] }), 0, "catch", 0, "steps", 0],
    ] as const) {
      const reply = await api.post("/api/v1/workflows", { name: "n", steps: [step] });
      const at = ["body", "steps", 0, "config", "branches", 0, "steps", ...loc, "type"];
      expectFaults(reply, [{ loc: at, type: "succeed_in_parallel" }]);
    }
  });
});

describe("timeout", () => {
  test("ends a run that sleeps, waits or acts, and no catch sees it", async () => {
    const caught = [{ steps: [pure("never", 1)] }];
    for (const step of [
      { ...wait("w", 60), catch: caught },
      { ...block("w", wait("x", 60)), timeout: 50, catch: caught, on_error: "continue" },
      { ...hook("/slow"), name: "w", catch: caught },
    ]) {
      const { status, body, results } = await run([pure("a", 1), step, pure("z", 1)], { timeout: 0.5, output: 1 });
      expect([status, at(body, "error")]).toEqual(["failed", "The run was not done within its 0.5 s"]);
      expect(at(body, "error_details")).toMatchObject({ code: "run_timeout", step: "", cause: null });
      expect(results.w).toMatchObject({ status: "skipped", error: "Cancelled: the time of the run was over" });
      expect([results.z, results["w.$catch.never"]]).toEqual([undefined, undefined]);
    }
  });

  test("of a run that is done in time says nothing", async () => {
    const { status, body } = await run([pure("a", 1), wait("w", 0.1)], { timeout: "PT1M" }, 2);
    expect([status, at(body, "error")]).toEqual(["success", null]);
  });
});

describe("defaults", () => {
  test("hold for effects that say nothing themselves", async () => {
    const defaults = { retry: { max_attempts: 3, initial_interval: "PT0.01S", jitter: 0 } };
    const retried = await run([hook("/503/2/a")], { defaults });
    expect(retried.results.hook).toMatchObject({ status: "success", attempts: 3 });
    const own = await run([hook("/503/2/b", { retry: false })], { defaults });
    expect([own.status, came.get("/503/2/b")]).toEqual(["failed", 1]);
    const nested = await run([block("k", hook("/503/2/c"))], { defaults });
    expect(nested.results["k.hook"]).toMatchObject({ status: "success", attempts: 3 });
    const other = await run([{ name: "no", type: "fail", config: { message: "no" } }], { defaults });
    expect(other.results.no).not.toContainKey("attempts");
  });

  test("of time are over when it is", async () => {
    const { results } = await run([hook("/slow")], { defaults: { timeout: 0.3 } });
    expect(at(results, "hook", "error_details", "code")).toBe("timeout");
  });

  test("are checked as those of an effect", async () => {
    const bad = { retry: [{ initial_interval: "P2D" }, { on: ["nothing"] }], timeout: 3601 };
    const reply = await api.post("/api/v1/workflows", { name: "n", steps: [pure("a", 1)], defaults: bad });
    const loc = (...place: (string | number)[]) => ["body", "defaults", ...place];
    expectFaults(reply, [
      { loc: loc("retry", 0, "initial_interval"), type: "duration_range" },
      { loc: loc("retry", 1, "on", 0), type: "unknown_error_code" },
      { loc: loc("timeout"), type: "duration_range" },
    ]);
  });
});

describe("run", () => {
  test("is what is known of the run, in placeholders and expressions alike", async () => {
    for (const steps of [
      [pure("a", "${run}")],
      [wait("w", 0.1), pure("a", "${run}")],
      [hook("/200/0/r"), pure("a", "${run}")],
    ]) {
      const { body, results } = await run(steps, { tags: ["t"], output: "${{ run.id + string(size(run.tags)) }}" }, 3);
      const [uuid, workflow_id] = [at(body, "uuid"), at(body, "workflow_id")];
      const times = { created_at: at(body, "created_at"), started_at: at(body, "started_at") };
      const parents = { parent_run_id: null, root_run_id: null };
      const facts = { id: uuid, workflow_id, workflow_version: 1, ...times, ...parents, tags: ["t"] };
      expect(at(results, "a", "output", "value")).toEqual(facts);
      expect(at(body, "output")).toBe(`${uuid}1`);
    }
  });

  test("is a step where one has its name", async () => {
    const { body } = await run([pure("run", 1)], { output: "${run.value}" });
    expect(at(body, "output")).toBe(1);
  });
});

describe("times", () => {
  test("are seconds or durations of ISO 8601, and seconds in what comes out", async () => {
    const { results } = await run([wait("w", "PT0.1S")]);
    expect(at(results, "w", "output")).toEqual({ type: "delay", duration: 0.1, message: "Delayed for 0.1 seconds" });
    const brought = await run([pure("a", "PT0.2S"), wait("w", "${a.value}")]);
    expect(at(brought.results, "w", "output", "duration")).toBe(0.2);
    const unfit = await run([pure("a", "P400D"), wait("w", "${a.value}")]);
    expect(at(unfit.results, "w", "error")).toBe("config.duration: Input should be less than or equal to 31622400");
  });

  test("until a time a delay waits, and one that is past ends at once", async () => {
    const soon = new Date(Date.now() + 700).toISOString();
    const until = (text: string): StepInput => ({ name: "u", type: "delay", config: { until: text } });
    const { body, results } = await run([until(soon)]);
    expect(at(results, "u", "output")).toEqual({ type: "delay", until: soon, message: `Delayed until ${soon}` });
    expect(Date.parse(String(at(body, "completed_at")))).toBeGreaterThanOrEqual(Date.parse(soon));
    const past = await run([pure("a", "2020-01-01T00:00:00+02:00"), until("${a.value}")]);
    expect(past.status).toBe("success");
    const none = await run([pure("a", "tomorrow"), until("${a.value}")]);
    expect(at(none.results, "u", "error")).toBe(
      "config.until: Should be a time of ISO 8601 with its offset, such as 2030-01-31T08:00:00Z",
    );
    const far = await run([pure("a", "2999-01-01T00:00:00Z"), until("${a.value}")]);
    expect(at(far.results, "u", "error")).toBe("config.until: Should be at most 366 days ahead");
    const short = await run([{ ...until(new Date(Date.now() + 60_000).toISOString()), timeout: 0.2 }]);
    expect(at(short.results, "u", "error_details", "code")).toBe("timeout");
  });

  test("that are none are refused", async () => {
    const cases: [config: unknown, type: string, field: string][] = [
      [{ until: "2030-01-01" }, "value_error", "until"],
      [{ until: "2030-01-01T00:00:00Z", duration: 1 }, "value_error", "until"],
      [{ duration: "P1Y" }, "float_type", "duration"],
      [{ duration: "P367D" }, "less_than_equal", "duration"],
      [{}, "missing", "duration"],
    ];
    for (const [config, type, field] of cases) {
      const reply = await api.post("/api/v1/workflows", { name: "n", steps: [{ name: "a", type: "delay", config }] });
      expectFaults(reply, [{ loc: ["body", "steps", 0, "config", field], type }]);
    }
  });
});

describe("a step", () => {
  test("may say what it is for, and lack a config that needs nothing", async () => {
    const described = { ...pure("a", 1), description: "x".repeat(1000) };
    const { status, results } = await run([described, { name: "done", type: "succeed" }]);
    expect([status, Object.keys(objectAt(results, "a")).length]).toEqual(["success", 6]);
    const long = { ...described, description: "x".repeat(1001) };
    const reply = await api.post("/api/v1/workflows", { name: "n", steps: [long, { name: "b", type: "webhook" }] });
    expectFaults(reply, [
      { loc: ["body", "steps", 0, "description"], type: "string_too_long" },
      { loc: ["body", "steps", 1, "config"], type: "missing" },
    ]);
  });
});
