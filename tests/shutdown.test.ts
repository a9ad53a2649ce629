/** SIGTERM and SIGINT under load: what is under way is answered, finished or given back, and the exit is orderly. */
import { expect, test } from "bun:test";
import { allRuns, untilAllEnded } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { Connection, type RawReply } from "./harness/http/connection.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { LedgerSink } from "./harness/sinks/ledger-sink.ts";

const EXIT_MS = 25_000;
const CLIENTS = 16;
const UPLOADS = 8;
const REFUSED_WITHIN_MS = 3000;
const LOAD_MS = 500;
const SLOW_MS = 3_000;
const HANGING_MS = 60_000;

const transform = { name: "a", type: "transform", config: { value: "${payload.n}" } };

/** Triggers on one connection after the other until a request gets no answer. */
class Load {
  readonly accepted: string[] = [];
  /** What became of requests: when each was sent, and what came. */
  readonly unanswered: { sentAt: number; why: string }[] = [];
  readonly refused: RawReply[] = [];
  readonly #loops: Promise<void>[];

  constructor(url: string, workflow: string) {
    this.#loops = Array.from({ length: CLIENTS }, async (_, n) => {
      const connection = await Connection.open(url);
      for (;;) {
        const sentAt = performance.now();
        try {
          const reply = await connection.post("/api/v1/trigger", triggerText(workflow, n));
          if (reply.status === 200) this.accepted.push(textAt(JSON.parse(reply.text), "run_id"));
          else this.refused.push(reply);
        } catch (error) {
          this.unanswered.push({ sentAt, why: String(error) });
          return;
        }
      }
    });
  }

  async ended(): Promise<void> {
    await Promise.all(this.#loops);
  }
}

const triggerText = (workflow_id: string, n: number) => JSON.stringify({ workflow_id, payload: { n } });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test.concurrent(`${signal} under load ends in good order`, async () => {
    const sink = new LedgerSink();
    const platform = await Platform.start();
    try {
      await endUnderLoad(signal, platform, sink);
    } finally {
      await platform.close();
      await sink.close();
    }
  }, 90_000);
}

test.concurrent("a platform with nothing to do but sleep ends at once, whoever is connected to it", async () => {
  const platform = await Platform.start();
  try {
    const api = new Client(platform.url);
    await api.trigger(await api.create([{ name: "wait", type: "delay", config: { duration: 1_000 } }]));
    const idle = await Promise.all(Array.from({ length: CLIENTS }, () => Connection.open(platform.url)));
    for (const connection of idle) expect((await connection.get("/health")).status).toBe(200);
    const start = performance.now();
    expect(await platform.stop()).toBe(0);
    const took = performance.now() - start;
    console.log(`idle: exit after ${Math.round(took)} ms`);
    expect(took).toBeLessThan(3_000);
    for (const connection of idle) connection.close();
    expect(platform.complaints()).toEqual([]);
  } finally {
    await platform.close();
  }
}, 30_000);

test.concurrent("what had arrived before the signal is answered, though the process had no time to read it", async () => {
  // Which of the two it sees first is a matter of luck: three times.
  for (let round = 0; round < 3; round++) {
    const platform = await Platform.start();
    try {
      const api = new Client(platform.url);
      const workflow = await api.create([transform]);
      const connections = await Promise.all(Array.from({ length: CLIENTS }, () => Connection.open(platform.url)));
      for (const connection of connections) expect((await connection.get("/health")).status).toBe(200);
      // Frozen, it is like a process that is busy with something else for a moment.
      process.kill(platform.pid, "SIGSTOP");
      const asked = Promise.allSettled(
        connections.map((connection, n) => connection.post("/api/v1/trigger", triggerText(workflow, n))),
      );
      await Bun.sleep(100);
      process.kill(platform.pid, "SIGTERM");
      process.kill(platform.pid, "SIGCONT");
      const answers = (await asked).map((one) => (one.status === "fulfilled" ? one.value.status : String(one.reason)));
      expect(await platform.stop()).toBe(0);
      expect(answers).toEqual(answers.map(() => 200));
    } finally {
      await platform.close();
    }
  }
}, 30_000);

test.concurrent("an upload that never ends is cut off, which is no fault of the platform's", async () => {
  const platform = await Platform.start();
  try {
    const workflow = await new Client(platform.url).create([transform]);
    const stalled = await Connection.open(platform.url);
    stalled.begin("/api/v1/trigger", triggerText(workflow, 1));
    await Bun.sleep(200);
    const start = performance.now();
    expect(await platform.stop()).toBe(0);
    expect(performance.now() - start).toBeLessThan(10_000);
    stalled.close();
    expect(platform.complaints()).toEqual([]);
  } finally {
    await platform.close();
  }
}, 30_000);

async function endUnderLoad(signal: NodeJS.Signals, platform: Platform, sink: LedgerSink): Promise<void> {
  const api = new Client(platform.url);
  const webhook = (path: string, afterMs: (attempt: number) => number) => ({
    name: "hook",
    type: "webhook",
    config: { url: sink.url(path, { afterMs }), method: "POST", body: { n: "${payload.n}" } },
  });
  const pure = await api.create([transform, { ...transform, name: "b" }]);
  const calling = await api.create([webhook("/quick", () => 20), transform]);
  const slow = await api.trigger(await api.create([webhook("/slow", () => SLOW_MS), transform]), { n: 1 });
  const hangs = webhook("/hanging", (attempt) => (attempt === 0 ? HANGING_MS : 0));
  const hanging = await api.trigger(await api.create([hangs, transform]), { n: 2 });
  const asleep = await api.trigger(
    await api.create([{ name: "wait", type: "delay", config: { duration: 1.5 } }, transform]),
    { n: 3 },
  );
  while (sink.of(slow, 0).length === 0 || sink.of(hanging, 0).length === 0) await Bun.sleep(5);
  const loads = [new Load(platform.url, pure), new Load(platform.url, calling)];
  const idle = await Promise.all(Array.from({ length: CLIENTS }, () => Connection.open(platform.url)));
  // Requests that are surely under way at the signal: all but their last byte has been sent.
  const uploads = await Promise.all(
    Array.from({ length: UPLOADS }, async (_, n) =>
      (await Connection.open(platform.url)).begin("/api/v1/trigger", triggerText(pure, n)),
    ),
  );
  // One that is never finished must not hold the exit up for ever.
  const stalled = await Connection.open(platform.url);
  stalled.begin("/api/v1/trigger", triggerText(pure, -1));
  await Bun.sleep(LOAD_MS);

  const signalledAt = performance.now();
  process.kill(platform.pid, signal);
  // A terminal and whoever started the process may both pass one Ctrl-C on.
  process.kill(platform.pid, "SIGINT");
  // It accepts nothing new, while what is under way goes on.
  await untilRefused(platform.url);
  const uploaded = await Promise.all(uploads.map((upload) => upload.finish()));
  const exitCode = await platform.ended();
  const took = performance.now() - signalledAt;
  for (const load of loads) await load.ended();
  for (const connection of [...idle, stalled]) connection.close();
  const accepted = loads.flatMap((load) => load.accepted);
  const broken = loads.flatMap((load) => load.unanswered);
  const refused = loads.flatMap((load) => load.refused);
  console.log(
    `${signal}: exit ${exitCode} after ${Math.round(took)} ms; ${accepted.length} accepted, ${refused.length} refused;`,
    `${broken.filter(({ sentAt }) => sentAt < signalledAt).length} sent before the signal and not answered`,
  );
  expect(exitCode).toBe(0);
  expect(took).toBeLessThan(EXIT_MS);
  expect(accepted.length).toBeGreaterThan(0);
  expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 503));
  expect(broken.filter(({ sentAt }) => sentAt < signalledAt)).toEqual([]);
  expect(uploaded.map(({ status }) => status)).toEqual(uploaded.map(() => 200));

  // That the threads end with a webhook that was given back is in the order of things.
  expect(platform.logs.filter(({ fields }) => Number(fields.level) > 30)).toEqual([]);
  // What took 3 s was waited for, what takes a minute was not; both had been sent once.
  expect([sink.of(slow, 0).length, sink.of(hanging, 0).length]).toEqual([1, 1]);

  await platform.restart();
  const again = new Client(platform.url);
  await untilAllEnded(again, 20_000);
  const all = [...accepted, ...uploaded.map(({ text }) => textAt(JSON.parse(text), "run_id")), slow, hanging, asleep];
  for (const run of all) {
    const reply = await again.get(`/api/v1/runs/${run}`);
    expectReply(reply, 200, expect.objectContaining({ uuid: run, status: "success", error: null }));
  }
  // Whatever the platform took in, it answered: no run is there that nobody was told of.
  const unknown: string[] = [];
  for await (const run of allRuns(again)) if (!all.includes(textAt(run, "uuid"))) unknown.push(JSON.stringify(run));
  expect(unknown).toEqual([]);
  expect(sink.of(slow, 0)).toHaveLength(1);
  expect(sink.of(hanging, 0).map(({ body }) => body)).toEqual(['{"n":2}', '{"n":2}']);
}

/** Resolves once nobody new is let in, soon after the signal; those that were let in before that are closed again. */
async function untilRefused(url: string): Promise<void> {
  const deadline = performance.now() + REFUSED_WITHIN_MS;
  while (performance.now() < deadline) {
    const newcomer = await Connection.open(url).catch(() => null);
    if (newcomer === null) return;
    newcomer.close();
    await Bun.sleep(20);
  }
  throw new Error(`connections are still taken ${REFUSED_WITHIN_MS} ms after the signal`);
}
