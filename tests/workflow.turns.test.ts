/** `concurrency` and `rate_limit`: which runs of a workflow may be under way, and what happens to those that are one too many. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectError, expectFaults } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const wait = (duration: number): StepInput => ({ name: "w", type: "delay", config: { duration } });
const trigger = (workflow: string, payload = {}) => api.post("/api/v1/trigger", { workflow_id: workflow, payload });

interface Span {
  begin: number;
  end: number;
}

/** When runs began and ended, in the order of their triggers. */
async function spansOf(runs: string[]): Promise<Span[]> {
  const ended = await Promise.all(runs.map((run) => api.untilEnded(run, 30_000)));
  return ended.map(({ body }) => ({
    begin: Date.parse(textAt(body, "started_at")),
    end: Date.parse(textAt(body, "completed_at")),
  }));
}

/** The most that were under way at once. */
function mostAtOnce(spans: Span[]): number {
  return Math.max(...spans.map(({ begin }) => spans.filter((one) => one.begin <= begin && begin < one.end).length));
}

async function triggered(workflow: string, payloads: object[]): Promise<string[]> {
  const runs: string[] = [];
  for (const payload of payloads) runs.push(await api.trigger(workflow, payload));
  return runs;
}

describe("concurrency", () => {
  test("runs more than there may be wait, sleeping ones counted, and begin in order", async () => {
    const workflow = await api.create([wait(0.15)], { concurrency: { limit: 2 } });
    const spans = await spansOf(await triggered(workflow, Array(7).fill({})));
    expect(mostAtOnce(spans)).toBeLessThanOrEqual(2);
    const begins = spans.map(({ begin }) => begin);
    expect(begins).toEqual(begins.toSorted((one, other) => one - other));
  });

  test("runs of pure steps wait as well, however they would be executed", async () => {
    const workflow = await api.create([pure("a", "${payload.n}")], { concurrency: { limit: 1 } });
    const runs = await triggered(
      workflow,
      Array.from({ length: 8 }, (_, n) => ({ n })),
    );
    const ended = await Promise.all(runs.map((run) => api.untilEnded(run, 30_000)));
    expect(ended.map(({ body }) => at(body, "step_results", "a", "output", "value"))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("with a key only runs of one key wait for one another", async () => {
    const workflow = await api.create([wait(1)], { concurrency: { limit: 1, key: "${payload.customer}" } });
    const [first, other, second] = await spansOf(
      await triggered(workflow, [{ customer: "a" }, { customer: "b" }, { customer: "a" }]),
    );
    expect(second?.begin).toBeGreaterThanOrEqual(first?.end ?? Number.POSITIVE_INFINITY);
    expect(other?.begin).toBeLessThan(first?.end ?? 0);
  });

  test("a key that the payload does not have is a 422, and one that can't be is none", async () => {
    const workflow = await api.create([pure("a", 1)], { concurrency: { limit: 1, key: "${payload.customer}" } });
    expectFaults(await trigger(workflow), [{ loc: ["body", "payload"], type: "value_error" }]);
    const reply = await api.post("/api/v1/workflows", {
      ...{ name: "n", steps: [pure("a", 1)] },
      ...{ concurrency: { limit: 1, key: "${a.value}" }, rate_limit: { limit: 1, per: 0, key: "${{ run.id }}" } },
    });
    expectFaults(reply, [
      { loc: ["body", "concurrency", "key"], type: "reference_unknown" },
      { loc: ["body", "rate_limit", "key"], type: "reference_unknown", ctx: { offset: 4, length: 3 } },
      { loc: ["body", "rate_limit", "per"], type: "duration_range" },
    ]);
  });

  test("with reject a run more is a 409, and starts nothing", async () => {
    const workflow = await api.create([wait(1)], { concurrency: { limit: 1, on_limit: "reject" } });
    const [run = ""] = await triggered(workflow, [{}]);
    const sentence = "1 of its runs are under way or waiting, as many as the workflow allows; try again later";
    expectError(await trigger(workflow), 409, sentence);
    await api.untilEnded(run);
    await api.untilEnded(await api.trigger(workflow));
  });

  test("with cancel_oldest the oldest is cancelled, and the new one begins then", async () => {
    const workflow = await api.create([wait(20)], { concurrency: { limit: 1, on_limit: "cancel_oldest" } });
    const [first = "", second = ""] = await triggered(workflow, [{}, {}]);
    await api.untilBegun(second, "w");
    const { body } = await api.get(`/api/v1/runs/${first}`);
    expect(at(body, "status")).toBe("cancelled");
  });

  test("a signal to a run in line is kept, and its wait takes it", async () => {
    const listens = { name: "w", type: "wait", timeout: 20, config: { signal: "go" } };
    const workflow = await api.create([listens], { concurrency: { limit: 1 } });
    const [first = "", second = ""] = await triggered(workflow, [{}, {}]);
    const send = (run: string, n: number) => api.post(`/api/v1/runs/${run}/signals/go`, { n });
    const early = await send(second, 2);
    expect(early).toMatchObject({ status: 200, body: { signal_id: expect.any(String), status: "kept" } });
    expect((await api.get(`/api/v1/runs/${second}`)).body).toMatchObject({ status: "pending" });
    expect((await send(first, 1)).status).toBe(200);
    expect((await api.untilEnded(first)).output("w")).toEqual({ n: 1 });
    const ended = await api.untilEnded(second);
    expect(ended.output("w")).toEqual({ n: 2 });
    expect(ended.step("w").details).toMatchObject({ signal_id: at(early.body, "signal_id") });
  });

  test("a run that waits is pending, and the rest of the platform goes on", async () => {
    const workflow = await api.create([wait(1)], { concurrency: { limit: 1 } });
    const [, second = ""] = await triggered(workflow, [{}, {}]);
    expect((await api.get(`/api/v1/runs/${second}`)).body).toMatchObject({ status: "pending", started_at: null });
    const other = await api.untilEnded(await api.trigger(await api.create([pure("a", 1)])));
    expect(other.status).toBe("success");
    expect((await api.untilEnded(second)).status).toBe("success");
  });
});

describe("rate_limit", () => {
  test("so many begin within its time, in order", async () => {
    const workflow = await api.create([pure("a", 1)], { rate_limit: { limit: 2, per: "PT1S" } });
    const before = Date.now();
    const begins = (await spansOf(await triggered(workflow, Array(5).fill({})))).map(({ begin }) => begin);
    expect(begins).toEqual(begins.toSorted((one, other) => one - other));
    // Two in each second that has passed.
    for (const [index, begin] of begins.entries()) {
      expect(begin - before).toBeGreaterThanOrEqual(1000 * Math.floor(index / 2));
    }
  });
});
