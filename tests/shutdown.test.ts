/** SIGTERM and SIGINT under load: what is under way is answered, finished or given back, and the exit is orderly. */
import { expect, test } from "bun:test";
import { untilAllEnded } from "./all-runs.ts";
import { Client, expectReply } from "./client.ts";
import { Connection, type RawReply } from "./connection.ts";
import { textAt } from "./json.ts";
import { LedgerSink } from "./ledger-sink.ts";
import { Platform } from "./platform.ts";

const EXIT_MS = 25_000;
const CLIENTS = 16;
const UPLOADS = 8;
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
  await Bun.sleep(LOAD_MS);

  const signalledAt = performance.now();
  process.kill(platform.pid, signal);
  await Bun.sleep(300);
  const uploaded = await Promise.all(uploads.map((upload) => upload.finish()));
  // More signals change nothing.
  process.kill(platform.pid, signal);
  const exitCode = await platform.stop();
  const took = performance.now() - signalledAt;
  for (const load of loads) await load.ended();
  for (const connection of idle) connection.close();
  const accepted = loads.flatMap((load) => load.accepted);
  const broken = loads.flatMap((load) => load.unanswered);
  const refused = loads.flatMap((load) => load.refused);
  console.log(
    `${signal}: exit ${exitCode} after ${Math.round(took)} ms; ${accepted.length} accepted, ${refused.length} refused;`,
    `${broken.filter(({ sentAt }) => sentAt < signalledAt).length} sent before the signal and not answered`,
    broken.map(({ sentAt, why }) => (sentAt - signalledAt).toFixed(1) + " " + why).join("\n"),
  );
  expect({ exitCode, complaints: platform.complaints() }).toEqual({ exitCode: 0, complaints: [] });
  expect(took).toBeLessThan(EXIT_MS);
  expect(uploaded.map(({ status }) => status)).toEqual(uploaded.map(() => 200));

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
  expect(sink.of(slow, 0)).toHaveLength(1);
  expect(sink.of(hanging, 0).map(({ body }) => body)).toEqual(['{"n":2}', '{"n":2}']);
  expect(platform.complaints()).toEqual([]);
}
