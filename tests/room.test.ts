/** A host that never answers: it costs its own workflows, and nobody else. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { Client, type StepInput } from "./harness/http/client.ts";
import { at } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { Sink } from "./harness/sinks/sink.ts";

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

test("webhooks to other hosts go on beside more hanging ones than there are places, of many workflows or one", async () => {
  const address = silent.address();
  const url = `http://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}/`;
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
