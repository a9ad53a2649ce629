/** A host that never answers: it costs its own workflows, and nobody else. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { Client, type StepInput } from "./harness/http/client.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { until } from "./harness/stack.fixture.ts";

const PLACES = 64;
const HANGING = 200;

let platform: Platform;
let api: Client;
let sink: Sink;
let silent: Server;
/** Connections that the silent host has. */
let open = 0;
let most = 0;

beforeAll(async () => {
  platform = await Platform.start({ env: { WORKER_MAX_EFFECTS: String(PLACES) } });
  api = new Client(platform.url);
  sink = new Sink();
  silent = createServer((socket) => {
    most = Math.max(most, ++open);
    socket.on("error", () => {});
    socket.on("close", () => open--);
  });
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  await platform.close();
  silent.close();
  await sink.close();
});

const hook = (url: string): StepInput => ({ name: "hook", type: "webhook", config: { method: "POST", url, body: {} } });

/** Of the host that never answers. */
function silentUrl(): string {
  const address = silent.address();
  return `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`;
}

test("webhooks to other hosts go on beside more hanging ones than there are places, of many workflows or one", async () => {
  const url = silentUrl();
  const workflows = await Promise.all([1, 2, 3, 4].map(() => api.create([hook(url)])));
  const hanging = await Promise.all(
    Array.from({ length: HANGING }, (_, index) => api.trigger(workflows[index % workflows.length] ?? "")),
  );
  const healthy = await api.create([hook(sink.url("/healthy"))]);
  for (let round = 0; round < 3; round++) {
    const ended = await Promise.all(
      Array.from({ length: 20 }, async () => api.untilEnded(await api.trigger(healthy), 10_000)),
    );
    expect(ended.map(({ status }) => status)).toEqual(ended.map(() => "success"));
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(PLACES / 4);
  const states = await Promise.all(hanging.map(async (run) => (await api.get(`/api/v1/runs/${run}`)).body));
  expect(states.filter((body) => at(body, "status") === "success")).toEqual([]);
});

test("runs of pure steps alone end with their triggers beside runs that take all the room, alone and in a batch", async () => {
  const small = await Platform.start({ env: { WORKER_MAX_IN_FLIGHT: "4" } });
  try {
    const own = new Client(small.url);
    const pure = await own.create([{ name: "a", type: "transform", config: { value: 1 } }]);
    // The second has the definition read.
    for (let round = 0; round < 3; round++) await own.untilEnded(await own.trigger(pure), 10_000);
    const hanging = await own.create([hook(silentUrl())]);
    const before = open;
    for (let count = 0; count < 8; count++) await own.trigger(hanging);
    await until("three of them are under way", () => open >= before + 3);
    const statusOf = async (run: string) => at((await own.get(`/api/v1/runs/${run}`)).body, "status");
    // One that was late once is stored as any other, and waits for room.
    const ends = async (trigger: () => Promise<string>) => {
      for (let attempt = 0; attempt < 20; attempt++) if ((await statusOf(await trigger())) === "success") return true;
      return false;
    };
    expect(await ends(() => own.trigger(pure))).toBe(true);
    const batch = { triggers: Array.from({ length: 10 }, () => ({ workflow_id: pure })) };
    const last = async () => textAt((await own.post("/api/v1/trigger/batch", batch)).body, "results", 9, "run_id");
    expect(await ends(last)).toBe(true);
  } finally {
    await small.close();
  }
});
