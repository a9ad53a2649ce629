/**
 * 2,000 definitions (500 in a short run) that came of a rich one by chance: each is refused with a place, or makes a run that ends. What a test of it
 * says is what its run is.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { at, isObject, listAt, objectAt, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { mutated } from "./harness/mutations.ts";
import { Platform } from "./harness/platform.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { Random } from "./simulation/scheduler.ts";

const COUNT = process.env.TEST_SIZE === "full" ? 2000 : 500;
const AT_ONCE = 20;
/** Of virtual time: what takes longer is not waited for. */
const MAX_SECONDS = 0.2;

let platform: Platform;
let api: Client;
let sink: Sink;
let url: string;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
  sink = new Sink();
  url = sink.url("/ok", { body: "{}", headers: { "content-type": "application/json" } });
});
afterAll(async () => {
  await platform.close();
  await sink.close();
});

const PAYLOAD = { n: 3, total: 120.5, tier: "gold", list: [1, 2, 3], nested: { "a b": [{ c: null }] } };

function rich(url: string): unknown {
  const hook = (name: string) => ({
    name,
    type: "webhook",
    config: { method: "POST", url, body: { n: "${payload.n}" } },
  });
  const pure = (name: string, value: unknown) => ({ name, type: "transform", config: { value } });
  return {
    name: "rich",
    description: "All that there is",
    input: {
      type: "object",
      required: ["n"],
      properties: { n: { type: "number", minimum: 0 }, currency: { enum: ["EUR", "USD"], default: "EUR" } },
    },
    timeout: 3600,
    defaults: { retry: { on: ["5xx"], max_attempts: 2 } },
    output: { last: "${last.value}", run: "${run.workflow_version}", currency: "${payload.currency}" },
    tags: ["all"],
    retention: 30,
    ui: { folded: ["fan"] },
    steps: [
      pure("first", { sum: "${{ payload.list.map(x, x * 2).sum() }}", text: "n=${payload.n} $${literal}" }),
      {
        ...hook("call"),
        timeout: 5,
        retry: { on: ["5xx"], max_attempts: 2, initial_interval: 0.01 },
        if: "payload.n > 0",
      },
      { name: "rest", type: "delay", config: { duration: 0.01 } },
      {
        name: "group",
        type: "block",
        retry: [
          { on: ["sold_out"], max_attempts: 2, initial_interval: 0 },
          { on: ["*"], max_attempts: 1 },
        ],
        timeout: "PT5S",
        catch: [{ on: ["sold_out"], steps: [pure("note", "${error.code}")], output: "${note.value}" }],
        config: {
          steps: [
            pure("inner", "${first.value.sum}"),
            {
              name: "no",
              type: "fail",
              config: { code: "sold_out", message: "None of ${payload.tier}", details: [1] },
            },
          ],
          output: { inner: "${inner.value}" },
        },
      },
      {
        name: "fan",
        type: "parallel",
        on_error: "continue",
        config: {
          join: "all_settled",
          concurrency: 2,
          branches: [
            { name: "left", steps: [hook("one"), pure("two", "${one.status_code}")], output: "${two.value}" },
            { name: "right", steps: [pure("one", '${payload.nested["a b"][0]}'), hook("two")] },
          ],
        },
      },
      {
        name: "route",
        type: "switch",
        config: {
          cases: [
            {
              name: "vip",
              if: 'payload.tier == "gold" && payload.total > 100',
              steps: [pure("to", "vip")],
              output: "${to}",
            },
            { if: "has(steps.call.output)", steps: [pure("to", "called")] },
          ],
          default: { steps: [pure("to", "none")] },
        },
      },
      {
        ...hook("paid"),
        compensate: { step: { type: "webhook", config: { method: "DELETE", url, body: "${paid.status_code}" } } },
      },
      {
        name: "turns",
        type: "loop",
        config: {
          while: "vars.left > 0 && iteration.index < 5",
          max_iterations: 9,
          index: "turn",
          on_limit: "continue",
          vars: { left: "${payload.n}", seen: [] },
          steps: [
            pure("look", "${vars.left} ${turn}"),
            {
              name: "less",
              type: "set",
              config: { variables: { left: "${{ vars.left - 1 }}", seen: ["${look.value}"] } },
            },
          ],
          output: { seen: "${vars.seen}" },
        },
      },
      {
        name: "each",
        type: "map",
        config: {
          items: "${payload.list}",
          as: "number",
          index: "at",
          concurrency: 2,
          max_failures: "50%",
          steps: [pure("twice", "${{ number * 2 + at }}")],
          output: "${twice.value}",
        },
      },
      pure("last", { from: "${fan}", to: "${route}", status: "${{ steps.group.status }}" }),
    ],
  };
}

const MOCKS = Object.fromEntries(
  ["call", "fan.left.one", "fan.right.two", "paid", "paid.$compensate"].map((address) => [
    address,
    [{ status: 200, body: {} }],
  ]),
);

test("each is refused with a place, or runs to an end as its test says", async () => {
  const definition = rich(url);
  const counts = { refused: 0, tried: 0, run: 0 };
  for (let from = 0; from < COUNT; from += AT_ONCE) {
    const seeds = Array.from({ length: AT_ONCE }, (_, index) => from + index);
    await Promise.all(
      seeds.map(async (seed) => {
        const word = await check(mutated(definition, new Random(seed)));
        counts[word]++;
      }),
    );
  }
  expect(counts.refused + counts.tried + counts.run).toBe(COUNT);
  for (const count of [counts.refused, counts.run]) expect(count).toBeGreaterThan(COUNT / 20);
  expect(platform.complaints()).toEqual([]);
}, 300_000);

/** How far a definition comes. */
async function check(definition: unknown): Promise<"refused" | "tried" | "run"> {
  const created = await api.post("/api/v1/workflows", definition);
  if (created.status !== 200) {
    expectPlaces(created);
    return "refused";
  }
  const tried = await api.post("/api/v1/workflows/test", { definition, payload: PAYLOAD, mocks: MOCKS });
  if (tried.status === 422) {
    // Its `input` asks for another payload now.
    const workflow_id = textAt(created.body, "workflow_id");
    for (const reply of [tried, await api.post("/api/v1/trigger", { workflow_id, payload: PAYLOAD })]) {
      expectPlaces(reply);
      for (const fault of listAt(reply.body, "detail")) expect(listAt(fault, "loc")[1]).toBe("payload");
    }
    return "refused";
  }
  expect({ request: tried.sent, status: tried.status, run: at(tried.body, "status") }).toEqual({
    request: tried.sent,
    status: 200,
    run: expect.stringMatching(/^(success|failed)$/),
  });
  if (Number(at(tried.body, "virtual_seconds")) > MAX_SECONDS || !isMocked(definition, tried)) return "tried";
  const run = await api.untilEnded(await api.trigger(textAt(created.body, "workflow_id"), PAYLOAD));
  expect({ request: tried.sent, ...shownOf(run.body) }).toEqual({ request: tried.sent, ...shownOf(tried.body) });
  return "run";
}

/** A refusal says what is wrong, and where. */
function expectPlaces(reply: Reply): void {
  expect([reply.sent, reply.status]).toEqual([reply.sent, 422]);
  const faults = listAt(reply.body, "detail");
  expect(faults.length).toBeGreaterThan(0);
  for (const fault of faults) {
    expect(fault).toMatchObject({ msg: expect.stringMatching(/\S/), type: expect.stringMatching(/^[a-z_]+$/) });
    expect(listAt(fault, "loc")[0]).toBe("body");
  }
}

/** Whether all that it would send goes to the sink, and has a mock that says the same. */
function isMocked(definition: unknown, tried: Reply): boolean {
  if (tried.text.includes("There is no mock")) return false;
  const text = JSON.stringify(definition);
  const urls = [...text.matchAll(/"(?:url|follow|accept|timeout)":(?:"([^"]*)"|.)/g)].map(([, url]) => url);
  return urls.every((one) => one === undefined || one === url || one === "PT5S");
}

/** What of a run does not depend on time. */
function shownOf(run: unknown): Record<string, unknown> {
  const { status, error, step_results, output = null, tags = [] } = objectAt(run);
  const steps = Object.entries(objectAt(step_results)).map(([name, result]) => {
    const { step_name, status, output, error } = objectAt(result);
    return [name, { step_name, status, output: withoutReply(output), error }];
  });
  return { status, error, output, tags, steps };
}

function withoutReply(output: unknown): unknown {
  return isObject(output) && output.type === "webhook" ? output.status_code : null;
}
