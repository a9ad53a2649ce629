/** A workflow that triggers itself ends: how deep it went travels in a header of the platform's webhooks. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { until } from "./faults/load/waiting.ts";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const DEPTH = "x-workflow-depth";

let platform: PlatformUnderTest;
let api: Client;
let sink: Sink;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  sink = new Sink();
});
afterAll(async () => {
  await platform.close();
  await sink.close();
});

const trigger = (workflow: string, depth?: string): Promise<Response> =>
  fetch(`${platform.url}/api/v1/trigger`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(depth === undefined ? {} : { [DEPTH]: depth }) },
    body: JSON.stringify({ workflow_id: workflow }),
  });

const call = (name: string, url: string): StepInput => ({ name, type: "webhook", config: { url, method: "POST" } });

describe("the depth of a run", () => {
  for (const [title, steps] of [
    ["at once", []],
    [
      "behind pure steps and a sleep",
      [
        { name: "a", type: "transform", config: { value: 1 } },
        { name: "w", type: "delay", config: { duration: 0.05 } },
      ],
    ],
  ] as const) {
    for (const [depth, said] of [
      [undefined, "1"],
      ["0", "1"],
      ["7", "8"],
      ["32", "33"],
    ] as const) {
      test(`${depth ?? "none"} is said with one more by all its webhooks, ${title}`, async () => {
        const path = `/depth/${title}/${depth}`.replaceAll(" ", "-");
        const workflow = await api.create([...steps, call("one", sink.url(path)), call("two", sink.url(path))]);
        const body: unknown = await (await trigger(workflow, depth)).json();
        const run = await api.untilEnded(textAt(body, "run_id"));
        expect(run.status).toBe("success");
        expect(sink.at(path).map(({ headers }) => headers.get(DEPTH))).toEqual([said, said]);
      });
    }
  }
});

describe("what starts a run as a webhook of a workflow asks", () => {
  const json = { "content-type": "application/json" };
  const deep = (depth: string) => ({ headers: { ...json, [DEPTH]: depth } });
  const post = (path: string, body: unknown, depth: string) =>
    fetch(platform.url + path, { method: "POST", ...deep(depth), body: JSON.stringify(body) });
  /** A run that failed, which says its depth with a webhook to the path once it is tried again. */
  const failing = async (path: string) => {
    const hook = call("one", sink.url(path));
    const workflow = await api.create([hook, { name: "fail", type: "fail", config: { message: "no" } }]);
    const run = await api.trigger(workflow);
    await api.untilEnded(run);
    return { workflow, run };
  };
  const scheduled = async (path: string) => {
    const workflow = await api.create([call("one", sink.url(path))]);
    const id = `deep-${crypto.randomUUID()}`;
    const schedule = { id, workflow_id: workflow, cron: "0 0 1 1 *", paused: true };
    expectReply(await api.post("/api/v1/schedules", schedule), 200);
    return id;
  };
  const tool = (name: string, args: object, depth: string) => {
    const params = { name, arguments: args };
    return post("/mcp", { jsonrpc: "2.0", id: 1, method: "tools/call", params }, depth);
  };

  const ways: [string, (path: string, depth: string) => Promise<Response>][] = [
    ["a retry", async (path, depth) => post(`/api/v1/runs/${(await failing(path)).run}/retry`, { from: "one" }, depth)],
    ["a run of a schedule", async (path, depth) => post(`/api/v1/schedules/${await scheduled(path)}/run`, null, depth)],
    [
      "a retry of many",
      async (path, depth) => {
        const { workflow } = await failing(path);
        return post("/api/v1/runs/bulk", { action: "retry", filter: { workflow }, from: "one" }, depth);
      },
    ],
    [
      "a trigger by a tool",
      async (path, depth) => {
        const workflow_id = await api.create([call("one", sink.url(path))]);
        return tool("trigger_workflow", { workflow_id }, depth);
      },
    ],
    [
      "a retry by a tool",
      async (path, depth) => tool("retry_run", { run_id: (await failing(path)).run, from: "one" }, depth),
    ],
  ];

  for (const [title, ask] of ways) {
    const path = `/ways/${title.replaceAll(" ", "-")}`;

    test(`${title} begins a run of its depth`, async () => {
      const reply = await ask(path, "7");
      expect({ ok: reply.ok, text: await reply.text() }).toEqual({
        ok: true,
        text: expect.not.stringContaining("detail"),
      });
      const said = () => sink.at(path).map(({ headers }) => headers.get(DEPTH));
      await until("its webhook comes", 20_000, async () => said().includes("8"));
    });

    test(`${title} is refused where it is too deep`, async () => {
      const reply = await ask(`${path}/refused`, "33");
      expect(await reply.text()).toContain("depth_exceeded");
      const came = sink.at(`${path}/refused`).map(({ headers }) => headers.get(DEPTH));
      expect(came.filter((depth) => depth !== "1")).toEqual([]);
    });
  }
});

describe("a trigger", () => {
  for (const [depth, code] of [
    ["33", "depth_exceeded"],
    ["999999999", "depth_exceeded"],
    ["-1", "validation_failed"],
    ["1.5", "validation_failed"],
    ["many", "validation_failed"],
    ["1, 2", "validation_failed"],
  ] as const) {
    test(`that says ${depth} is answered 422 and starts nothing`, async () => {
      const path = `/refused/${depth}`;
      const workflow = await api.create([call("one", sink.url(path))]);
      const reply = await trigger(workflow, depth);
      expect(reply.status).toBe(422);
      expect(await reply.json()).toMatchObject({ code, detail: expect.anything() });
      expect(sink.at(path)).toEqual([]);
    });
  }
});

test("a workflow that triggers itself stops by itself", async () => {
  // One webhook alone: two would start 2 to the 32nd runs before any is refused.
  const id = `loop-${crypto.randomUUID()}`;
  const again = {
    name: "again",
    type: "webhook",
    config: { url: `${platform.url}/api/v1/trigger`, method: "POST", body: { workflow_id: id } },
  };
  expectReply(await api.post("/api/v1/workflows", { id, name: "loop", steps: [again] }), 200);
  let run = await api.untilEnded(await api.trigger(id));
  let runs = 1;
  for (; run.status === "success"; runs++) {
    run = await api.untilEnded(textAt(run.output("again"), "response_data", "run_id"));
  }
  expect(runs).toBe(33);
  expect(run.error).toBe('Step "again" failed: The webhook was answered with status 422');
});
