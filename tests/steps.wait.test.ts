/** `wait` and signals: what ends a wait, what is kept for the next, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const listens = (name: string, signal: unknown, more: Partial<StepInput> = {}): StepInput => ({
  name,
  type: "wait",
  config: { signal },
  ...more,
});
const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });

const send = (run: string, name: string, body: unknown, headers: Record<string, string> = {}) =>
  api.send("POST", `/api/v1/runs/${run}/signals/${name}`, {
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", ...headers },
  });

async function sent(run: string, name: string, body: unknown, status: "delivered" | "kept"): Promise<string> {
  const reply = await send(run, name, body);
  expectReply(reply, 200);
  expect(at(reply.body, "status")).toBe(status);
  return textAt(reply.body, "signal_id");
}

async function start(...steps: StepInput[]): Promise<string> {
  return api.trigger(await api.create(steps), { n: 5 });
}

/** Waits until a step is shown as waiting. */
async function waiting(run: string, step: string): Promise<Run> {
  return api.untilBegun(run, step);
}

describe("a wait", () => {
  test("holds the run until its signal comes, and gives its body", async () => {
    const run = await start(listens("answer", ["approved", "rejected"]), pure("b", "${answer.by}"));
    const { body } = await waiting(run, "answer");
    expect(body.status).toBe("running");
    expect(body.waiting).toEqual([{ address: "answer", kind: "signal", signals: ["approved", "rejected"] }]);
    const id = await sent(run, "approved", { by: "Ada" }, "delivered");
    const ended = await api.untilEnded(run);
    expect(ended.output("b")).toEqual({ type: "transform", value: "Ada" });
    expect(ended.body).not.toHaveProperty("waiting");
    const step = ended.step("answer");
    expect(step).toMatchObject({ status: "success", type: "wait", output: { by: "Ada" } });
    expect(step.details).toEqual({ signal: "approved", signal_id: id, received_at: expect.any(String) });
    expect(Date.parse(String(at(step, "details", "received_at")))).toBeWithin(Date.now() - 60_000, Date.now() + 1000);
  });

  test("takes signals that came before it, the oldest first, whatever JSON they are", async () => {
    const run = await start(listens("a", "go"), listens("b", "${payload.n}-${a}"), listens("c", "go"));
    await waiting(run, "a");
    await sent(run, "5-null", [1], "kept");
    await sent(run, "go", null, "delivered");
    await waiting(run, "c");
    await sent(run, "go", "text", "delivered");
    const ended = await api.untilEnded(run);
    expect(["a", "b", "c"].map((name) => ended.output(name))).toEqual([null, [1], "text"]);
  });

  test("fails with the code timeout once its time is over, which a catch may be for", async () => {
    const handler = { on: ["timeout"], steps: [pure("t", "${error.code}")], output: "${t.value}" };
    const timed = listens("a", "go", { timeout: 0.2, catch: [handler] });
    const ended = await api.untilEnded(await start(timed, pure("b", "${a}"), listens("c", "go", { timeout: 0.1 })));
    expect(ended.status).toBe("failed");
    expect(ended.step("b").output).toEqual({ type: "transform", value: "timeout" });
    expect(ended.step("c").error).toBe("The step was not done within its 0.1 s");
    const began = await start(listens("a", "go", { timeout: 60 }));
    const { body } = await waiting(began, "a");
    expect(Date.parse(String(at(body, "waiting", 0, "until")))).toBeWithin(Date.now() + 50_000, Date.now() + 61_000);
  });

  test("of several the one that began first gets the signal, while others act", async () => {
    const branch = (name: string, ...steps: StepInput[]) => ({ name, steps });
    const delay = { name: "d", type: "delay", config: { duration: 0.3 } };
    const branches = [branch("x", delay, listens("w", "go")), branch("y", listens("w", "go"))];
    const run = await start({ name: "fan", type: "parallel", config: { branches } });
    await waiting(run, "fan.x.w");
    const [first, second] = [await sent(run, "go", 1, "delivered"), await sent(run, "go", 2, "delivered")];
    const results = objectAt((await api.untilEnded(run)).body, "step_results");
    expect(at(results, "fan.y.w", "details", "signal_id")).toBe(first);
    expect(at(results, "fan.x.w", "details", "signal_id")).toBe(second);
  });
});

describe("a signal", () => {
  test("with an Idempotency-Key is sent once, also where it was taken meanwhile", async () => {
    const run = await start(listens("a", "go"), listens("b", "go"));
    const key = { "idempotency-key": "once" };
    const first = await send(run, "go", 1, key);
    await waiting(run, "b");
    const second = await send(run, "go", 1, key);
    expect([first.status, second.status]).toEqual([200, 200]);
    expect(at(second.body, "signal_id")).toBe(at(first.body, "signal_id"));
    expect([first, second].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    await sent(run, "go", 2, "delivered");
    expect((await api.untilEnded(run)).output("b")).toBe(2);
    expectFaults(await send(run, "go", 1, { "idempotency-key": "x".repeat(256) }), [
      { loc: ["header", "idempotency-key"], type: "value_error" },
    ]);
  });

  test("to what is not there, is over, or waits for no such signal is refused", async () => {
    const run = await start(listens("a", "go"));
    const unknown = await send("00000000-0000-7000-8000-000000000000", "go", 1);
    expect([unknown.status, at(unknown.body, "code")]).toEqual([404, "run_not_found"]);
    expectFaults(await send(run, "stop", 1), [{ loc: ["path", "name"], type: "value_error" }]);
    expectFaults(await send(run, "no%20name", 1), [{ loc: ["path", "name"], type: "string_pattern_mismatch" }]);
    expect((await api.sendText("POST", `/api/v1/runs/${run}/signals/go`, "{")).status).toBe(422);
    expect((await send(run, "go", "x".repeat(256 * 1024))).status).toBe(413);
    expect((await send(run, "go", "x".repeat(256 * 1024 - 2))).status).toBe(200);
    await api.untilEnded(run);
    const late = await send(run, "go", 1);
    expect([late.status, at(late.body, "code")]).toEqual([409, "run_ended"]);
    expect(textAt(late.body, "detail")).toContain("has ended");
  });

  test("that does not fit the schema of its step is refused, with the place", async () => {
    const schema = { type: "object", required: ["by"], properties: { by: { type: "string" } } };
    const steps = [listens("a", "", { config: { signal: ["go", "stop"], schema } }), listens("b", "stop")];
    const run = await start(...steps);
    expectFaults(await send(run, "go", {}), [{ loc: ["body", "by"], type: "missing" }]);
    expectFaults(await send(run, "go", { by: 5 }), [{ loc: ["body", "by"], type: "string_type" }]);
    // The step of the schema may get it, though another takes any.
    expectFaults(await send(run, "stop", { by: 5 }), [{ loc: ["body", "by"], type: "string_type" }]);
    expectReply(await send(run, "stop", { by: "Ada" }), 200);
    expectReply(await send(run, "stop", { by: "Bo" }), 200);
    expect((await api.untilEnded(run)).output("b")).toEqual({ by: "Bo" });
    const bad = listens("a", "", { config: { signal: "go", schema: { pattern: "a" } } });
    expectFaults(await api.post("/api/v1/workflows", { name: "a test", steps: [bad] }), [
      { loc: ["body", "steps", 0, "config", "schema", "pattern"], type: "schema_word" },
    ]);
    const late = listens("a", "", { config: { signal: "go", schema: "${payload.schema}" } });
    expectFaults(await api.post("/api/v1/workflows", { name: "a test", steps: [late] }), [
      { loc: ["body", "steps", 0, "config", "schema"], type: "dict_type" },
    ]);
  });

  test("more than a run keeps is refused, and can be sent again", async () => {
    const run = await start({ name: "d", type: "delay", config: { duration: 30 } }, listens("a", "go"));
    const large = "x".repeat(256 * 1024 - 2);
    const replies = await Promise.all(Array.from({ length: 40 }, () => send(run, "go", large)));
    const full = replies.filter(({ status }) => status === 429);
    expect(replies.filter(({ status }) => status === 200).length).toBe(32);
    expect(full.length).toBe(8);
    expect(at(full[0]?.body, "code")).toBe("too_many_signals");
    expect(full[0]?.headers.get("retry-after")).not.toBeNull();
  });
});

describe("a definition", () => {
  const faults = async (config: unknown, more: Partial<StepInput> = {}) =>
    api.post("/api/v1/workflows", { name: "a test", steps: [{ ...listens("a", "go"), config, ...more }] });

  test("whose wait names no signal, or a name that is none, is refused", async () => {
    const loc = ["body", "steps", 0, "config", "signal"];
    expectFaults(await faults({}), [{ loc, type: "missing" }]);
    for (const signal of ["", "a b", "x".repeat(129), [], Array(11).fill("a"), 5]) {
      const reply = await faults({ signal });
      expect({ signal, status: reply.status }).toEqual({ signal, status: 422 });
    }
    expectFaults(await faults({ signal: "go" }, { retry: { max_attempts: 2 } }), [
      { loc: ["body", "steps", 0, "retry", "on"], type: "retry_on_required" },
    ]);
    expect((await faults({ signal: "paid-${payload.id}" })).status).toBe(200);
  });
});
