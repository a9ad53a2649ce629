/** What steps of a run were given: what their receivers got, what they can be given yet, and what is not known. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
/** Says what it was sent, as it came. */
let sink: Bun.Server<undefined>;
const sent = new Map<string, { body: unknown; authorization: string | null }>();

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  sink = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const body: unknown = JSON.parse((await request.text()) || "null");
      sent.set(pathname + search, { body, authorization: request.headers.get("authorization") });
      return Response.json({ got: body }, { status: pathname === "/refused" ? 409 : 200 });
    },
  });
});
afterAll(async () => {
  await sink.stop(true);
  await platform.close();
});

const gives = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const posts = (name: string, path: string, body: unknown, headers: object = {}): StepInput => ({
  ...{ name, type: "webhook", config: { method: "POST", url: `${sink.url.href}${path}`, body, headers } },
});
const holds = (name: string, type: string, config: object): StepInput => ({ name, type, config });

async function stepOf(run: string, address: string, query = "") {
  const reply = await api.get(`/api/v1/runs/${run}/steps/${encodeURIComponent(address)}${query}`);
  expectReply(reply, 200);
  return objectAt(reply.body);
}
const inputOf = async (run: string, address: string) => objectAt(await stepOf(run, address), "input");

describe("the input of a step", () => {
  test("is what its receiver got: of an item by its address, of an iteration, a handler, with variables", async () => {
    const steps = [
      gives("first", { who: "${payload.who}" }),
      holds("each", "map", {
        items: "${payload.items}",
        as: "line",
        index: "n",
        steps: [
          gives("price", "${{ line.price * 2 }}"),
          posts("send", "item/${n}?of=${line.name}", ["${line}", "${price.value}", "${first.value.who}"]),
        ],
      }),
      holds("again", "loop", {
        until: "iteration.index == 2",
        max_iterations: 5,
        vars: { sum: 10 },
        steps: [
          { name: "add", type: "set", config: { variables: { sum: "${{ vars.sum + iteration.index }}" } } },
          posts("tell", "loop/${iteration.index}", { sum: "${vars.sum}", last: "${iteration.last}" }),
        ],
        output: "${tell.status_code}",
      }),
      {
        ...posts("refused", "refused", null),
        catch: [{ steps: [posts("caught", "caught", { ...{ code: "${error.code}" }, of: "${run.id}" })] }],
      },
    ];
    const items = [
      { name: "a b", price: 1 },
      { name: "é", price: 2 },
    ];
    const run = await api.run(steps, { who: "Ada", items });
    expect(run.status).toBe("success");
    const id = textAt(run.body, "uuid");
    for (const address of ["each[0].send", "each[1].send", "again[0].tell", "again[2].tell", "refused.$catch.caught"]) {
      const { config, bytes, unknown } = await inputOf(id, address);
      const { pathname, search } = new URL(textAt(config, "url"));
      expect([address, unknown, sent.get(pathname + search)?.body]).toEqual([address, undefined, at(config, "body")]);
      expect(bytes).toBe(Buffer.byteLength(JSON.stringify(config)));
    }
    expect(at(await inputOf(id, "again[2].tell"), "config", "body")).toEqual({ sum: 13, last: 200 });
    expect(await inputOf(id, "each")).toEqual({ config: { items, concurrency: 10 }, bytes: expect.any(Number) });
    // Nothing of it is in what has all steps.
    for (const path of [`/api/v1/runs/${id}`, `/api/v1/runs/${id}?view=outline`, `/api/v1/runs/${id}/steps`]) {
      expect((await api.get(path)).text).not.toContain('"input"');
    }
  });

  test("does not show passwords and what proves who somebody is, which was sent", async () => {
    const step = posts("w", "secret/${payload.key}", 1, {
      authorization: "Bearer ${payload.key}",
      "x-kind": "${payload.kind}",
    });
    const run = await api.run([step], { key: "k3y", kind: "x" });
    const { config } = await inputOf(textAt(run.body, "uuid"), "w");
    expect(sent.get("/secret/k3y")?.authorization).toBe("Bearer k3y");
    expect(at(config, "headers")).toEqual({ authorization: "***", "x-kind": "x" });
  });

  test("of a step that has not begun is what is known by now, and of one that the run did not come to nothing", async () => {
    const steps = [
      gives("first", 1),
      holds("z", "delay", { duration: 3600 }),
      gives("last", ["${first.value}", "${z.message}", "${payload.gone}", "${payload.x}"]),
    ];
    const run = await api.trigger(await api.create(steps), { x: 2 });
    await api.untilBegun(run, "z");
    const last = await stepOf(run, "last");
    expect(last).toMatchObject({ address: "last", path: "2", status: "pending", output: null, started_at: null });
    expect(last.input).toEqual({
      config: { value: [1, "${z.message}", "${payload.gone}", 2] },
      bytes: expect.any(Number),
      unknown: [
        { path: ["value", 1], code: "not_yet", message: 'The step "z" has not ended' },
        { path: ["value", 2], code: "failed", message: "The placeholder ${payload.gone} leads nowhere" },
      ],
    });
    expect([200, 202]).toContain((await api.post(`/api/v1/runs/${run}/cancel`, {})).status);
    await api.untilIs(run, "cancelled");
    expect(await inputOf(run, "last")).toMatchObject({ bytes: 0, unknown: [{ path: [], code: "not_given" }] });
    expect(await inputOf(run, "z")).toMatchObject({ config: { duration: 3600 } });
  });

  test("is left out over the limit that is asked for, and its size is said", async () => {
    const run = await api.run([gives("a", "${payload.text}")], { text: "x".repeat(100_000) });
    const id = textAt(run.body, "uuid");
    const { bytes } = await inputOf(id, "a");
    expect(bytes).toBe(100_012);
    expect((await stepOf(id, "a", "?input_limit=100012&output_limit=0")).input).toHaveProperty("config");
    expect((await stepOf(id, "a", "?input_limit=100011")).input).toEqual({ bytes });
    expectReply(await api.get(`/api/v1/runs/${id}/steps/a?input_limit=-1`), 422);
  });

  test("says what is wrong with it as the failure of the step does", async () => {
    const run = await api.run([gives("a", { bad: "${{ payload.x + 1 }}", good: "${payload.x}" })], { x: "text" });
    const step = await stepOf(textAt(run.body, "uuid"), "a");
    expect(at(step, "input", "config")).toEqual({ value: { bad: "${{ payload.x + 1 }}", good: "text" } });
    expect(at(step, "input", "unknown")).toEqual([
      { path: ["value", "bad"], code: "failed", message: textAt(step, "error") },
    ]);
  });

  test("of a result that a retry keeps is what the run was given that did the step", async () => {
    const steps = (path: string) => [
      posts("one", "one", "${payload.n}"),
      posts("two", path, ["${one.response_data.got}", "${payload.n}", "${run.id}"]),
    ];
    const workflow = await api.create(steps("refused"));
    const first = await api.trigger(workflow, { n: 1 });
    await api.untilEnded(first);
    expectReply(await api.put(`/api/v1/workflows/${workflow}`, { name: "a test", steps: steps("two") }), 200);
    const retried = await api.post(`/api/v1/runs/${first}/retry`, { version: "latest", payload: { n: 2 } });
    const second = textAt(retried.body, "run_id");
    await api.untilEnded(second);
    expect(await inputOf(second, "one")).toMatchObject({ run_id: first, config: { body: 1 } });
    const { config, run_id } = await inputOf(second, "two");
    expect([run_id, at(config, "body")]).toEqual([undefined, [1, 2, second]]);
    expect(sent.get("/two")?.body).toEqual([1, 2, second]);
  });

  test("is there of a child, and of a run whose workflow is deleted", async () => {
    const child = await api.create([gives("a", "${payload.n}")]);
    const start = holds("start", "workflow", { workflow_id: child, payload: { n: "${{ payload.n + 1 }}" } });
    const parent = await api.create([start]);
    const run = await api.untilEnded(await api.trigger(parent, { n: 1 }));
    const id = textAt(run.body, "uuid");
    for (const workflow of [child, parent])
      expect((await api.send("DELETE", `/api/v1/workflows/${workflow}`)).status).toBeLessThan(300);
    expect(await inputOf(id, "start")).toMatchObject({ config: { payload: { n: 2 } } });
    const of = textAt(run.body, "step_results", "start", "output", "run_id");
    expect(await inputOf(of, "a")).toMatchObject({ config: { value: 2 } });
    expect(platform.own?.complaints() ?? []).toEqual([]);
  });
});
