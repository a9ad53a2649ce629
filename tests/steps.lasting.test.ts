/** A webhook whose host takes its time: whoever looks at the run meanwhile sees what it is at, and its history is as that of any other. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

/** Answers each request once it is told with what. */
class PatientHost {
  readonly ids: (string | null)[] = [];
  readonly #open: ((status: number) => void)[] = [];
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 0,
      fetch: async (request) => {
        this.ids.push(request.headers.get("webhook-id"));
        const status = await new Promise<number>((resolve) => this.#open.push(resolve));
        return new Response("", { status });
      },
    });
  }

  step(name: string, more: Partial<StepInput> = {}): StepInput {
    return { name, type: "webhook", config: { method: "POST", url: this.#server.url.href }, ...more };
  }

  async answer(status: number): Promise<void> {
    for (let time = 0; time < 500 && this.#open.length === 0; time++) await Bun.sleep(20);
    for (const answer of this.#open.splice(0)) answer(status);
  }

  async close(): Promise<void> {
    await this.#server.stop(true);
  }
}

const pure: StepInput = { name: "pure", type: "transform", config: { value: 1 } };
const rest: StepInput = { name: "rest", type: "delay", config: { duration: 0.2 } };

let platform: PlatformUnderTest;
let api: Client;
const hosts: PatientHost[] = [];
const newHost = () => hosts[hosts.push(new PatientHost()) - 1] ?? new PatientHost();

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(async () => {
  await Promise.all(hosts.map((host) => host.close()));
  await platform.close();
});

async function eventsOf(run: string, client = api): Promise<string[]> {
  const reply = await client.get(`/api/v1/runs/${run}/events`);
  expectReply(reply, 200);
  return listAt(reply.body, "items").map((event) => `${textAt(event, "type")} ${at(event, "address") ?? ""}`.trim());
}

test.each([
  ["the first step", []],
  ["behind pure steps", [pure]],
  ["behind a delay", [rest]],
])("a webhook that lasts is seen: %s", async (_, before) => {
  const host = newHost();
  const run = await api.trigger(await api.create([...before, host.step("slow"), { ...pure, name: "last" }]));
  const seen = await api.untilBegun(run, "slow");
  expect([seen.status, seen.step("slow").status]).toEqual(["running", "running"]);
  for (const { name } of before) expect(seen.step(name).status).toBe("success");
  expect(at((await api.get(`/api/v1/runs/${run}/steps/slow`)).body, "status")).toBe("running");
  const told = await eventsOf(run);
  expect(told.at(-1)).toBe("step.started slow");
  await host.answer(200);
  const ended = await api.untilEnded(run);
  expect([ended.status, ended.step("slow").status]).toEqual(["success", "success"]);
  const all = await eventsOf(run);
  expect(all.slice(0, told.length)).toEqual(told);
  expect(all.slice(told.length)).toEqual([
    "step.succeeded slow",
    "step.started last",
    "step.succeeded last",
    "run.ended",
  ]);
  expect(host.ids).toHaveLength(1);
});

test("its attempts are told as those of one that is quick", async () => {
  const [slow, quick] = [newHost(), newHost()];
  const retry = { max_attempts: 2, initial_interval: 0.1, on: ["5xx"] };
  const begun = async (host: PatientHost) => api.trigger(await api.create([host.step("s", { retry }), pure]));
  const run = await begun(slow);
  await api.untilBegun(run, "s");
  await slow.answer(500);
  await slow.answer(200);
  expect((await api.untilEnded(run)).step("s")).toMatchObject({ status: "success", attempts: 2 });
  const other = await begun(quick);
  await quick.answer(500);
  await quick.answer(200);
  await api.untilEnded(other);
  expect(await eventsOf(run)).toEqual(await eventsOf(other));
});

test("one that was sent before a kill is told of where its run is cancelled behind that", async () => {
  const host = newHost();
  const killed = await Platform.start();
  try {
    const before = new Client(killed.url);
    const run = await before.trigger(await before.create([host.step("slow"), pure]));
    await before.untilBegun(run, "slow");
    await killed.restart();
    const after = new Client(killed.url);
    expect([200, 202]).toContain((await after.post(`/api/v1/runs/${run}/cancel`, {})).status);
    const ended = await after.untilIs(run, "cancelled", 30_000);
    expect(ended.step("slow").status).toBe("skipped");
    expect((await eventsOf(run, after)).filter((event) => event === "step.started slow")).toHaveLength(1);
    expect(new Set(host.ids).size).toBe(1);
  } finally {
    await killed.close();
  }
});
