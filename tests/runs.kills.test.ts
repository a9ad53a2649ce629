/** A platform that is killed while runs are cancelled, paused, let go on and retried: each request has its effect once. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { allRuns } from "./harness/http/all-runs.ts";
import { Client, type StepInput } from "./harness/http/client.ts";
import { at, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { Platform } from "./harness/platform.ts";
import { Sink } from "./harness/sinks/sink.ts";

const RUNS = 8;
/** The platform dies when so many of the requests of a round are answered. */
const KILLED_AFTER = [1, 4, 6];

let platform: Platform;
let sink: Sink;
beforeAll(async () => {
  platform = await Platform.start();
  sink = new Sink();
});
afterAll(async () => {
  await platform.close();
  await sink.close();
});

const post = (url: string) => ({ type: "webhook", config: { method: "POST", url, body: { run: "$" + "{{run.id}}" } } });
const hook = (name: string, url: string, more: Partial<StepInput> = {}): StepInput => ({ name, ...post(url), ...more });
const sleeps = (duration: number): StepInput => ({ name: "z", type: "delay", config: { duration } });

/** Starts runs, which wait at their delay then. */
async function waiting(steps: StepInput[]): Promise<string[]> {
  const api = new Client(platform.url);
  const workflow = await api.create(steps);
  const runs = await Promise.all(Array.from({ length: RUNS }, () => api.trigger(workflow)));
  await Promise.all(runs.map((run) => api.untilBegun(run, "z")));
  return runs;
}

/** Asks the same of all runs, again and again, each time with a kill in the middle, and at last without. */
async function throughKills(runs: string[], ask: (api: Client, run: string) => Promise<Reply>): Promise<Reply[]> {
  for (const enough of KILLED_AFTER) {
    const api = new Client(platform.url);
    let answered = 0;
    const reached = Promise.withResolvers<void>();
    const asked = Promise.allSettled(
      runs.map(async (run) => {
        await ask(api, run);
        if (++answered === enough) reached.resolve();
      }),
    );
    await reached.promise;
    await platform.kill();
    await asked;
    await platform.restart();
  }
  const api = new Client(platform.url);
  return Promise.all(runs.map((run) => ask(api, run)));
}

/** The ids of the webhooks that came to a path: one that was under way at a kill comes again, with its id. */
const idsAt = (path: string) => [...new Set(sink.at(path).map(({ headers }) => headers.get("webhook-id")))];

const control = (what: string) => (api: Client, run: string) => api.post(`/api/v1/runs/${run}/${what}`, {});

test("a cancel ends each run once, and undoes once what it did", async () => {
  const undone: Partial<StepInput> = { compensate: { step: post(sink.url("/undo")) } };
  const runs = await waiting([hook("a", sink.url("/do"), undone), sleeps(3600)]);
  for (const { status } of await throughKills(runs, control("cancel"))) expect([200, 202]).toContain(status);
  const api = new Client(platform.url);
  for (const run of runs) {
    const { body } = await api.untilIs(run, "cancelled", 30_000);
    expect(at(body, "compensation")).toEqual({ status: "success", done: 1, failed: [] });
  }
  expect(idsAt("/do")).toHaveLength(RUNS);
  expect(idsAt("/undo")).toHaveLength(RUNS);
  expect(sink.at("/undo").map(({ text }) => at(JSON.parse(text), "run"))).toContainAllValues(runs);
}, 120_000);

test("a pause holds through kills, and what waits goes on once", async () => {
  const runs = await waiting([sleeps(1), hook("b", sink.url("/after"))]);
  for (const { status } of await throughKills(runs, control("pause"))) expect([200, 202]).toContain(status);
  const paused = new Client(platform.url);
  for (const run of runs) await paused.untilIs(run, "paused", 30_000);
  const before = idsAt("/after").length;
  // Longer than what they wait for.
  await Bun.sleep(2000);
  expect(idsAt("/after")).toHaveLength(before);
  for (const { status } of await throughKills(runs, control("resume"))) expect([200, 409]).toContain(status);
  const api = new Client(platform.url);
  for (const run of runs) expect((await api.untilEnded(run, 60_000)).status).toBe("success");
  expect(idsAt("/after")).toHaveLength(RUNS);
}, 120_000);

test("a retry with a key makes one run, which sends what is left to do once", async () => {
  const steps = [hook("a", sink.url("/kept")), sleeps(0.01), hook("b", sink.url("/bad", { status: 500 }))];
  const runs = await waiting(steps);
  const api = new Client(platform.url);
  for (const run of runs) expect((await api.untilEnded(run, 30_000)).status).toBe("failed");
  sink.url("/bad");
  const [kept, bad] = [idsAt("/kept").length, idsAt("/bad").length];
  const replies = await throughKills(runs, (client, run) =>
    client.send("POST", `/api/v1/runs/${run}/retry`, { headers: { "idempotency-key": "mended" } }),
  );
  const retries = replies.map(({ body }) => textAt(body, "run_id"));
  const after = new Client(platform.url);
  for (const run of retries) expect((await after.untilEnded(run, 60_000)).status).toBe("success");
  const made: string[] = [];
  for await (const run of allRuns(after)) {
    if (typeof run.retry_of === "string" && runs.includes(run.retry_of)) made.push(textAt(run, "uuid"));
  }
  expect(made.toSorted()).toEqual(retries.toSorted());
  expect(idsAt("/kept")).toHaveLength(kept);
  expect(idsAt("/bad")).toHaveLength(bad + RUNS);
}, 120_000);
