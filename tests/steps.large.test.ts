/** Runs with more in them than a thread keeps between their effects. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { at } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

/** Characters of a reply: five of them are more than a thread keeps. */
const LARGE = 900_000;

let platform: Platform;
let client: Client;
const refunds: string[] = [];
const sink = Bun.serve({
  port: 0,
  fetch(request) {
    if (new URL(request.url).pathname === "/refund") {
      refunds.push(request.headers.get("webhook-id") ?? "");
      return Response.json({});
    }
    return Response.json({ blob: "x".repeat(request.method === "GET" ? LARGE / 2 : LARGE) });
  },
});
beforeAll(async () => {
  platform = await Platform.start();
  client = new Client(platform.url);
});
afterAll(async () => {
  await platform.close();
  await sink.stop(true);
});

const call = (name: string, more: Partial<StepInput> = {}): StepInput => ({
  ...{ name, type: "webhook", config: { method: "POST", url: `${sink.url}pay` } },
  ...more,
});

test("webhooks with large replies go on until their outputs are too much, and other runs beside them", async () => {
  const workflow = await client.create(Array.from({ length: 10 }, (_, index) => call(`w${index}`)));
  const runs = await Promise.all([client.trigger(workflow), client.trigger(workflow)]);
  const hello = await client.create([{ name: "a", type: "transform", config: { value: 1 } }]);
  expect((await client.untilEnded(await client.trigger(hello), 30_000)).body.status).toBe("success");
  for (const uuid of runs) {
    const run = await client.untilEnded(uuid, 50_000);
    expect([run.body.status, run.body.error]).toEqual(["failed", expect.stringContaining("8 MiB")]);
    expect(at(run.body, "step_results", "w7", "status")).toBe("success");
  }
});

test("a loop over large pages ends, and so do branches with large replies", async () => {
  const page = call("page", { config: { method: "GET", url: sink.url.href } });
  const pages: StepInput = {
    name: "pages",
    type: "loop",
    config: { steps: [page], output: "${page.status_code}", max_iterations: 20, until: "iteration.index == 11" },
  };
  const fan: StepInput = {
    name: "fan",
    type: "parallel",
    config: { branches: ["l", "m", "r"].map((name) => ({ name, steps: [call("a"), call("b")], output: 1 })) },
  };
  for (const step of [pages, fan]) {
    const run = await client.untilEnded(await client.trigger(await client.create([step])), 50_000);
    expect([run.body.status, run.body.error]).toEqual(["success", null]);
  }
});

test("what succeeded is undone, each once, though it is more than a thread keeps", async () => {
  const refund = { step: { type: "webhook", config: { method: "POST", url: `${sink.url}refund` } } };
  const paid = Array.from({ length: 5 }, (_, index) => call(`p${index}`, { compensate: refund }));
  const failing = { name: "no", type: "fail", config: { message: "no" } };
  const run = await client.untilEnded(await client.trigger(await client.create([...paid, failing])), 50_000);
  expect(run.body.compensation).toEqual({ status: "success", done: 5, failed: [] });
  expect(refunds).toEqual(paid.map((_, index) => `${run.uuid}:${index}/u`).toReversed());
});

test("a map of maps with 40,000 steps ends, and costs no thread", async () => {
  const inner: StepInput = {
    name: "inner",
    type: "map",
    config: {
      items: "${payload.a}",
      as: "y",
      steps: [{ name: "a", type: "transform", config: { value: 1 } }],
      output: 1,
    },
  };
  const outer = { name: "outer", type: "map", config: { items: "${payload.a}", as: "x", steps: [inner], output: 1 } };
  const payload = { a: Array.from({ length: 200 }, (_, index) => index) };
  const run = await client.untilEnded(await client.trigger(await client.create([outer]), payload), 50_000);
  expect([run.body.status, run.body.error]).toEqual(["success", null]);
  expect(platform.complaints()).toEqual([]);
});
