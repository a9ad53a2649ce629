/** What happened to a run, as a page and as a stream. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

interface Told {
  id?: number;
  run_id?: string;
  at: string;
  type: string;
  address?: string;
  path?: string;
  data: Record<string, unknown>;
}

const STEPS: StepInput[] = [
  { name: "a", type: "transform", config: { value: "${payload.n}" } },
  { name: "go", type: "wait", config: { signal: "go" } },
  { name: "pause", type: "delay", config: { duration: 0.2 } },
  {
    name: "fan",
    type: "parallel",
    config: {
      branches: [
        { name: "l", steps: [{ name: "x", type: "transform", config: { value: 1 } }] },
        { name: "r", steps: [{ name: "y", type: "fail", config: { message: "no" }, on_error: "continue" }] },
      ],
    },
  },
  { name: "never", type: "transform", if: "payload.n > 100", config: { value: 2 } },
];
/** What happens to these steps: type and address, in order; the branches of "fan" begin in theirs. */
const TOLD = [
  "run.created",
  "run.started",
  "step.started a",
  "step.succeeded a",
  "step.started go",
  "signal.received go",
  "step.succeeded go",
  "step.started pause",
  "step.succeeded pause",
  "step.started fan",
  "step.started fan.l.x",
  "step.succeeded fan.l.x",
  "step.started fan.r.y",
  "step.failed fan.r.y",
  "step.succeeded fan",
  "step.skipped never",
  "run.ended",
];

let platform: Platform;
let client: Client;
beforeAll(async () => {
  platform = await Platform.start();
  client = new Client(platform.url);
});
afterAll(() => platform.close());

const named = ({ type, address }: Told) => (address === undefined ? type : `${type} ${address}`);

async function page(run: string, query = ""): Promise<Told[]> {
  const reply = await client.get(`/api/v1/runs/${run}/events${query}`);
  expectReply(reply, 200);
  const items: Told[] = JSON.parse(reply.text).items;
  return items;
}

/** Follows an address until `enough` events came, or its stream ends. */
async function followed(
  path: string,
  headers: Record<string, string>,
  enough: number,
  begun = () => {},
): Promise<Told[]> {
  const reply = await fetch(`${platform.url}/api/v1${path}`, {
    headers: { accept: "text/event-stream", ...headers },
  });
  expect(reply.headers.get("content-type")).toBe("text/event-stream");
  begun();
  const told: Told[] = [];
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of reply.body ?? []) {
    const messages = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const fields = new Map(
        message.split("\n").map((line) => [line.split(": ", 1)[0], line.slice(line.indexOf(": ") + 2)]),
      );
      const data = fields.get("data");
      if (data === undefined) continue;
      const event: Told = JSON.parse(data);
      expect(fields.get("event")).toBe(event.type);
      expect(fields.get("id")).toBe(event.id === undefined ? undefined : String(event.id));
      told.push(event);
    }
    if (told.length >= enough) break;
  }
  return told;
}

const follow = (run: string, headers: Record<string, string> = {}, enough = Infinity) =>
  followed(`/runs/${run}/events`, headers, enough);

test("a stream tells everything as it happens, once, and ends with the run; a page says the same afterwards", async () => {
  const run = await client.trigger(await client.create(STEPS), { n: 7 });
  const first = await follow(run, {}, 5);
  expect(first.map(named)).toEqual(TOLD.slice(0, 5));
  expect(await page(run)).toEqual(first);
  const going = follow(run, { "last-event-id": "5" });
  expectReply(await client.post(`/api/v1/runs/${run}/signals/go`, { by: "me" }), 200);
  const rest = await going;
  const all = [...first, ...rest];
  expect(all.map(named)).toEqual(TOLD);
  expect(all.map(({ id }) => id)).toEqual(TOLD.map((_, index) => index + 1));
  expect(all.find(({ type }) => type === "signal.received")?.data).toMatchObject({ signal: "go" });
  expect(all.find(({ type }) => type === "step.failed")?.data).toMatchObject({ error: "no", handled: true });
  const paused = all.filter(({ address }) => address === "pause").map(({ path }) => path);
  expect(paused).toEqual(["2", "2"]);
  expect(all.at(-1)?.data).toEqual({ status: "success", error: null });
  expect(await page(run)).toEqual(all);
  expect(await follow(run)).toEqual(all);
  const headers = { accept: "text/event-stream", "last-event-id": String(all.length) };
  expect((await fetch(`${platform.url}/api/v1/runs/${run}/events`, { headers })).status).toBe(204);
  expect(await page(run, "?after=15")).toEqual(all.slice(15));
  const reply = await client.get(`/api/v1/runs/${run}/events?after=3&limit=4`);
  expect([at(reply.body, "items", 0, "id"), at(reply.body, "next_after")]).toEqual([4, 7]);
});

test("of a run of pure steps, which has no log, its results tell the same", async () => {
  const run = await client.run(
    ["a", "b"].map((name) => ({ name, type: "transform", config: { value: 1 } })),
    {},
  );
  const told = await page(run.uuid);
  expect(told.map(named)).toEqual([
    "run.created",
    "run.started",
    ...["a", "b"].flatMap((name) => [`step.started ${name}`, `step.succeeded ${name}`]),
    "run.ended",
  ]);
  for (const [index, { at: time }] of told.entries()) expect(time >= (told[index - 1]?.at ?? "")).toBe(true);
});

test("attempts, and what failed, are told", async () => {
  const closed = Bun.serve({ port: 0, fetch: () => new Response() });
  const url = `http://127.0.0.1:${closed.port}/`;
  await closed.stop(true);
  const retry = { max_attempts: 2, initial_interval: 0.1, on: ["network"] };
  const steps = [{ name: "call", type: "webhook", retry, config: { method: "GET", url } }];
  const run = await client.run(steps);
  const told = await page(run.uuid);
  expect(told.map(named)).toEqual([
    "run.created",
    "run.started",
    "step.started call",
    "step.retrying call",
    "step.started call",
    "step.failed call",
    "run.ended",
  ]);
  expect(told[3]?.data).toMatchObject({ attempt: 1, error_details: { code: "network" } });
  expect(textAt(told[3], "data", "wake_at") > textAt(told[3], "at")).toBe(true);
  expect(told.slice(4).map(({ data }) => data.attempt)).toEqual([2, 2, undefined]);
  expect(told.at(-1)?.data).toMatchObject({ status: "failed" });
});

test("streams end with the process, and their readers lose nothing", async () => {
  const run = await client.trigger(await client.create([{ name: "go", type: "wait", config: { signal: "go" } }]));
  const before = await follow(run, {}, 3);
  const open = follow(run, { "last-event-id": "3" });
  await Bun.sleep(50);
  expect(await platform.stop()).toBe(0);
  expect(await open).toEqual([]);
  await platform.restart();
  client = new Client(platform.url);
  expectReply(await client.post(`/api/v1/runs/${run}/signals/go`, null), 200);
  const after = await follow(run, { "last-event-id": "3" });
  const all = [...before, ...after];
  expect(all.map(named)).toEqual([...TOLD.slice(0, 2), ...TOLD.slice(4, 7), "run.ended"]);
  expect(all.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("what can't be asked is refused", async () => {
  const run = await client.trigger(await client.create([{ name: "go", type: "wait", config: { signal: "go" } }]));
  const unknown = "00000000-0000-7000-8000-000000000000";
  expectReply(await client.get(`/api/v1/runs/${unknown}/events`), 404);
  const accept = "text/event-stream";
  expectReply(await client.send("GET", `/api/v1/runs/${unknown}/events`, { headers: { accept } }), 404);
  for (const query of ["after=-1", "after=x", "limit=0", "limit=1001", "since=3"]) {
    expectReply(await client.get(`/api/v1/runs/${run}/events?${query}`), 422);
  }
  const headers = { accept, "last-event-id": "x" };
  expectReply(await client.send("GET", `/api/v1/runs/${run}/events`, { headers }), 422);
});

test("who follows a list is told of its runs as they come, wait and end, and of no others", async () => {
  const workflow = await client.create([{ name: "go", type: "wait", config: { signal: "go" } }]);
  const other = await client.create([{ name: "a", type: "transform", config: { value: 1 } }]);
  const before = await client.trigger(workflow);
  await client.untilBegun(before, "go");
  const opened = Promise.withResolvers<void>();
  const following = followed(`/events?workflow=${workflow}&status=pending,running,success`, {}, 3, opened.resolve);
  await opened.promise;
  expectReply(await client.post(`/api/v1/runs/${before}/signals/go`, null), 200);
  await client.untilEnded(before);
  await client.trigger(other);
  const run = await client.trigger(workflow);
  await client.untilBegun(run, "go");
  // A look later than the begin of the run.
  await Bun.sleep(2500);
  expectReply(await client.post(`/api/v1/runs/${run}/signals/go`, null), 200);
  const told = await following;
  expect(told.map(({ type, run_id }) => [type, run_id])).toEqual([
    ["run.ended", before],
    ["run.started", run],
    ["run.ended", run],
  ]);
  expect(told[0]?.data).toMatchObject({ run: { uuid: before, status: "success", workflow: { uuid: workflow } } });
  for (const query of ["limit=3", "cursor=x", "view=full", "since=1", "status=over", "version=1"]) {
    expectReply(await client.get(`/api/v1/events?${query}`), 422);
  }
  expectReply(await client.get("/api/v1/events?workflow=none"), 404);
});
