/** What the steps of a run came to, a part at a time: pages of steps, one step, its output, an outline. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { at, listAt, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let failing: Bun.Server<undefined>;
let run: string;
let asleep: string;

const ITEMS = 1500;
const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  let asked = 0;
  failing = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => Response.json({ n: ++asked }, { status: asked < 3 ? 503 : 200 }),
  });
  const retried = { url: failing.url.href, method: "POST", body: {} };
  const odd = pure("x", "${{ item % 500 == 7 ? payload.gone : item }}");
  const steps: StepInput[] = [
    pure("zero", { text: "x".repeat(1000) }),
    {
      name: "many",
      type: "map",
      config: { items: "${payload.items}", steps: [{ ...odd, on_error: "continue" }], output: "${item}" },
    },
    {
      name: "fan",
      type: "parallel",
      config: {
        branches: [
          { name: "left", steps: [pure("a", 1)] },
          { name: "right", steps: [pure("b", 2)] },
        ],
      },
    },
    { name: "ask", type: "webhook", config: retried, retry: { max_attempts: 5, initial_interval: 0.05, on: ["5xx"] } },
    { name: "a/b c?", type: "block", config: { steps: [pure("in ner", [1, "é"])] } },
    { ...pure("not", 1), if: "false" },
  ];
  const items = Array.from({ length: ITEMS }, (_, n) => n);
  run = await api.trigger(await api.create(steps), { items });
  asleep = await api.trigger(
    await api.create([pure("first", 1), { name: "z", type: "delay", config: { duration: 3600 } }, pure("last", 1)]),
  );
  const ended = await api.untilEnded(run, 60_000);
  expect(ended.text.slice(0, 200)).toContain('"status":"success"');
  await api.untilBegun(asleep, "z");
});
afterAll(async () => {
  await failing.stop(true);
  await platform.close();
});

const stepsOf = (id: string, query = "") => `/api/v1/runs/${id}/steps${query}`;
const stepOf = (id: string, address: string) => `/api/v1/runs/${id}/steps/${encodeURIComponent(address)}`;

/** All pages of a list of steps. */
async function all(id: string, query: string): Promise<Record<string, unknown>[]> {
  const steps: Record<string, unknown>[] = [];
  for (let cursor = ""; ; ) {
    const reply = await api.get(stepsOf(id, `?${query}&cursor=${cursor}`));
    expectReply(reply, 200);
    expect(Object.keys(objectAt(reply.body))).toEqual(["items", "next_cursor", "limit"]);
    steps.push(...listAt(reply.body, "items").map((item) => objectAt(item)));
    if (at(reply.body, "next_cursor") === null) return steps;
    cursor = textAt(reply.body, "next_cursor");
  }
}

const addresses = (steps: Record<string, unknown>[]) => steps.map(({ address }) => address);

describe("the list of steps", () => {
  test("has those that begun in the order of the definition, page by page, as step_results has them", async () => {
    const results = objectAt((await api.get(`/api/v1/runs/${run}`)).body, "step_results");
    const listed = await all(run, "limit=200");
    expect(addresses(listed).filter((one) => !String(one).startsWith("many["))).toEqual([
      ...["zero", "many", "fan", "fan.left.a", "fan.right.b", "ask", "a/b c?", "a/b c?.in ner", "not"],
    ]);
    expect(new Set(addresses(listed)).size).toBe(listed.length);
    for (const [address, result] of Object.entries(results)) {
      const { step_name: _, output, details, ...rest } = objectAt(result);
      const found = listed.find((step) => step.address === address);
      expect(found).toMatchObject({ ...rest, output_bytes: Buffer.byteLength(JSON.stringify(output)) });
      expect(found).not.toHaveProperty("output");
    }
  });

  test("below a step, a branch or an iteration, by status", async () => {
    expect(addresses(await all(run, "under=fan"))).toEqual(["fan.left.a", "fan.right.b"]);
    expect(addresses(await all(run, "under=fan.right"))).toEqual(["fan.right.b"]);
    expect(addresses(await all(run, `under=${encodeURIComponent("many[1499]")}`))).toEqual(["many[1499].x"]);
    expect(addresses(await all(run, "under=many&status=failed&limit=2"))).toEqual(
      [7, 507, 1007].map((n) => `many[${n}].x`),
    );
    expect(addresses(await all(run, "status=skipped,failed&under=a"))).toEqual([]);
    expect(addresses(await all(run, "status=skipped"))).toEqual(["not"]);
    expect(addresses(await all(asleep, "status=running&status=success"))).toEqual(["first", "z"]);
    expect(await all(run, "under=nobody")).toEqual([]);
    expect(addresses(await all(run, "under=many&from=1498&limit=1"))).toEqual(["many[1498].x", "many[1499].x"]);
    expect(addresses(await all(run, "under=many&from=8&status=failed"))).toEqual(["many[507].x", "many[1007].x"]);
    expect(await all(run, "under=many&from=1500")).toEqual([]);
    expect(await all(run, "under=nobody&from=0")).toEqual([]);
  });

  test("of a map, what became of each item in a letter", async () => {
    const reply = await api.get(`${stepOf(run, "many")}/items`);
    expectReply(reply, 200);
    expect(at(reply.body, "total")).toBe(ITEMS);
    // A step that fails and is passed over lets its item succeed.
    expect(textAt(reply.body, "items")).toBe("s".repeat(ITEMS));
    expectError(await api.get(`${stepOf(run, "fan")}/items`), 404, "The step fan has no items: it is no map");
    expectError(await api.get(`${stepOf(run, "nobody")}/items`), 404, "No step nobody of this run has begun");
  });

  test("has what is left out of step_results, where it is kept", async () => {
    const naps = { name: "nap", type: "delay", config: { duration: 0.001 } };
    const config = { items: "${payload.items}", concurrency: 1000, steps: [naps], output: "${item}" };
    const payload = { items: Array.from({ length: 1100 }, (_, n) => n) };
    const id = await api.trigger(await api.create([{ name: "naps", type: "map", config }]), payload);
    const ended = await api.untilEnded(id, 60_000);
    expect(at(ended.body, "steps_omitted")).toBe(100);
    expect(addresses(await all(id, "under=naps&limit=200"))).toEqual(payload.items.map((n) => `naps[${n}].nap`));
    expect((await api.get(stepOf(id, "naps[0].nap"))).body).toMatchObject({ status: "success", path: "0/0/0" });
  });

  test("refuses what it does not know, and the cursor of another list", async () => {
    const cursor = textAt((await api.get(stepsOf(run, "?limit=1"))).body, "next_cursor");
    const wrong: [query: string, field: string][] = [
      ["limit=0", "limit"],
      ["limit=201", "limit"],
      ["limit=x", "limit"],
      ["order=asc", "order"],
      ["status=broken", "status"],
      ["status=", "status"],
      ["under=", "under"],
      ["under=a&under=b", "under"],
      [`under=${"x".repeat(3000)}`, "under"],
      ["from=1", "from"],
      ["under=fan&from=1", "from"],
      ["under=many&from=-1", "from"],
      [`under=many&from=1&cursor=${cursor}`, "cursor"],
      ["cursor=garbage", "cursor"],
      [`cursor=${cursor}&under=fan`, "cursor"],
      [`cursor=${cursor}&status=failed`, "cursor"],
      ["colour=red", "colour"],
    ];
    for (const [query, field] of wrong) {
      const reply = await api.get(stepsOf(run, `?${query}`));
      expectReply(reply, 422);
      expect(listAt(reply.body, "detail", 0, "loc").slice(0, 2)).toEqual(["query", field]);
    }
    expectReply(await api.get(stepsOf(asleep, `?cursor=${cursor}`)), 422);
    for (const id of ["nobody", "00000000-0000-7000-8000-000000000000"]) {
      expectError(await api.get(stepsOf(id)), 404, "Workflow run not found");
    }
  });
});

describe("a step by itself", () => {
  test("is what the results have, with its output", async () => {
    const results = objectAt((await api.get(`/api/v1/runs/${run}`)).body, "step_results");
    for (const address of ["zero", "many", "many[7].x", "fan.left.a", "ask", "a/b c?", "a/b c?.in ner", "not"]) {
      const reply = await api.get(stepOf(run, address));
      expectReply(reply, 200);
      const { step_name, ...result } = objectAt(results, address);
      expect(reply.body).toMatchObject({ address, ...result });
      expect<unknown>(step_name).toBe(address);
      const output = await api.get(`${stepOf(run, address)}/output`);
      expectReply(output, 200);
      expect<unknown>(JSON.parse(output.text)).toEqual(result.output);
      expect(at(reply.body, "output_bytes")).toBe(Buffer.byteLength(output.text));
    }
  });

  test("leaves an output out that is over the limit", async () => {
    const bytes = Number(at((await api.get(stepOf(run, "zero"))).body, "output_bytes"));
    for (const [limit, isThere] of [
      [bytes, true],
      [bytes - 1, false],
      [0, false],
    ] as const) {
      const reply = await api.get(`${stepOf(run, "zero")}?output_limit=${limit}`);
      expectReply(reply, 200);
      expect("output" in objectAt(reply.body)).toBe(isThere);
      expect(at(reply.body, "output_bytes")).toBe(bytes);
    }
    for (const wrong of ["output_limit=-1", "output_limit=x"])
      expectReply(await api.get(`${stepOf(run, "zero")}?${wrong}`), 422);
  });

  test("says what its failed attempts came to", async () => {
    const { body } = await api.get(stepOf(run, "ask"));
    expect(body).toMatchObject({ attempts: 3, status: "success", output: { response_data: { n: 3 } } });
    const failed = listAt(body, "failed_attempts");
    expect(failed).toHaveLength(2);
    for (const one of failed)
      expect(one).toMatchObject({ error: expect.stringContaining("503"), status: 503, next_at: expect.any(String) });
    expect(at((await api.get(stepOf(run, "zero"))).body, "failed_attempts")).toBeUndefined();
  });

  test("says when each of its attempts began, and the status of the last reply", async () => {
    const { body } = await api.get(stepOf(run, "ask"));
    const [first, second] = listAt(body, "failed_attempts");
    expect(at(body, "last_attempt")).toEqual({ number: 3, started_at: expect.any(String), status: 200 });
    const begun = [at(body, "started_at"), at(second, "started_at"), at(body, "last_attempt", "started_at")];
    expect(at(first, "started_at")).toBe(textAt(body, "started_at"));
    const times = [begun[0], at(first, "next_at"), begun[1], at(second, "next_at"), begun[2], at(body, "completed_at")];
    expect(times).toEqual(times.toSorted());
    expect(at(body, "tried_at")).toBe(textAt(body, "last_attempt", "started_at"));
    const { body: zero } = await api.get(stepOf(run, "zero"));
    expect(at(zero, "last_attempt")).toEqual({ number: 1, started_at: textAt(zero, "started_at") });
    expect(at((await api.get(stepOf(run, "not"))).body, "last_attempt")).toBeUndefined();
  });

  test("that is not there is a 404, and so is the output of one that has not begun", async () => {
    for (const address of ["nobody", "many", "first.x", "z[0]", "%00", "__proto__", "é"]) {
      const reply = await api.get(stepOf(asleep, address));
      expect(reply.status === 404 ? 404 : reply.text).toBe(404);
    }
    expectError(await api.get(`${stepOf(asleep, "last")}/output`), 404, "No step last of this run has begun");
    expectError(await api.get(`${stepOf(asleep, "last")}/items`), 404, "No step last of this run has begun");
    expectError(await api.get(stepOf("nobody", "a")), 404, "Workflow run not found");
  });
});

describe("a run", () => {
  test("with steps=top has those alone", async () => {
    const whole = objectAt((await api.get(`/api/v1/runs/${run}`)).body);
    const { step_results, ...rest } = objectAt((await api.get(`/api/v1/runs/${run}?steps=top`)).body);
    expect(Object.keys(objectAt(step_results))).toEqual(["zero", "many", "fan", "ask", "a/b c?", "not"]);
    expect<unknown>({ ...rest, step_results: whole.step_results }).toEqual(whole);
    expect((await api.get(`/api/v1/runs/${run}?steps=all&other=1`)).body).toEqual(whole);
  });

  test("in outline has no payload and no outputs, and counts what is within a map", async () => {
    const reply = await api.get(`/api/v1/runs/${run}?view=outline`);
    expect(reply.text.length).toBeLessThan(5000);
    expect(reply.text).not.toContain("xxxx");
    const steps = listAt(reply.body, "steps");
    expect(steps.map((step) => textAt(step, "address"))).toEqual([
      ...["zero", "many", "fan", "fan.left.a", "fan.right.b", "ask", "a/b c?", "a/b c?.in ner", "not"],
    ]);
    expect(steps[1]).toMatchObject({ details: { items: ITEMS }, within: { running: 0, failed: 3, skipped: 0 } });
    expect(reply.body).toMatchObject({ uuid: run, status: "success", payload_bytes: expect.any(Number) });
    const { body } = await api.get(`/api/v1/runs/${asleep}?view=outline`);
    expect(listAt(body, "steps").map((step) => [at(step, "address"), at(step, "status"), at(step, "type")])).toEqual([
      ["first", "success", "transform"],
      ["z", "running", "delay"],
      ["last", "pending", "transform"],
    ]);
    expect(at(body, "waiting")).toEqual([{ address: "z", kind: "delay", until: expect.stringMatching(/^\d{4}-.*T/) }]);
  });

  test("has its payload by itself", async () => {
    const reply = await api.get(`/api/v1/runs/${run}/payload`);
    expectReply(reply, 200);
    expect(reply.body).toEqual(objectAt((await api.get(`/api/v1/runs/${run}`)).body, "payload"));
    expectError(await api.get("/api/v1/runs/nobody/payload"), 404, "Workflow run not found");
  });

  test("has its definition by itself, also once its workflow was deleted", async () => {
    const steps = [{ name: "one", type: "transform", config: { value: "${payload.n}" } }];
    const workflow = await api.create(steps, { input: { type: "object" } });
    const own = await api.trigger(workflow, { n: 1 });
    expectReply(
      await api.put(`/api/v1/workflows/${workflow}`, { name: "other", steps: [{ ...steps[0], name: "two" }] }),
      200,
    );
    expectReply(await api.delete(`/api/v1/workflows/${workflow}`), 200);
    const reply = await api.get(`/api/v1/runs/${own}/definition`);
    expectReply(reply, 200, { steps, input: { type: "object" } });
    expectError(await api.get("/api/v1/runs/nobody/definition"), 404, "Workflow run not found");
  });

  test("in a view that there is not is a 422", async () => {
    for (const query of ["view=tree", "steps=some", "view="]) {
      expectReply(await api.get(`/api/v1/runs/${run}?${query}`), 422);
    }
    expect(platform.own?.complaints() ?? []).toEqual([]);
  });
});
