/** Runs that sleep cost rows and nothing else, wake when it is time and never before, and outlive the process. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { allRuns, hasEnded, timeAt, untilAllEnded } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { cpuSeconds, residentMegabytes, threadCount } from "./harness/procfs.ts";

const FULL = process.env.TEST_SIZE === "full";
const RUNS = FULL ? 100_000 : 3_000;
const DELAY_SECONDS = FULL ? 60 : 10;
const CLIENTS = 64;
const SAMPLES = 20;
const MAX_MEGABYTES = 300;
/** Threads that a runtime may start or end by itself. */
const FEW_THREADS = 3;
const YEAR_SECONDS = 31_536_000;

setDefaultTimeout(FULL ? 400_000 : 90_000);

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.start();
});
afterEach(() => platform.close());

const api = () => new Client(platform.url);
const delay = (duration: number) => ({ name: "wait", type: "delay", config: { duration } });
const answer = { name: "answer", type: "transform", config: { value: "${payload.n}" } };

test(`${RUNS} runs asleep for ${DELAY_SECONDS} s cost no thread and little memory`, async () => {
  const workflow = await api().create([delay(DELAY_SECONDS), answer]);
  const quick = await api().create([answer]);
  // Everything that starts threads has been used once.
  await api().untilEnded(await api().trigger(quick, { n: 0 }));
  const threadsBefore = threadCount(platform.pid);

  /** When each trigger was sent, milliseconds since the epoch on this side of the connection. */
  const sentAt = new Map<string, number>();
  const begun = Date.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      while (next < RUNS) {
        const n = next++;
        const now = Date.now();
        sentAt.set(await api().trigger(workflow, { n }), now);
      }
    }),
  );
  const firstWakes = begun + DELAY_SECONDS * 1000;
  console.log(`${RUNS} triggers in ${Date.now() - begun} ms`);
  // Only then do all of them sleep at once.
  expect(Date.now()).toBeLessThan(firstWakes - 2_000);

  const reads: number[] = [];
  const ends: number[] = [];
  let megabytes = 0;
  let threads = 0;
  let seenEarly = 0;
  let seenAsleep = 0;
  const runIds = [...sentAt.keys()];
  while (Date.now() < firstWakes - 500) {
    megabytes = Math.max(megabytes, residentMegabytes(platform.pid));
    threads = Math.max(threads, threadCount(platform.pid));
    const start = performance.now();
    expectReply(await api().get("/health"), 200);
    reads.push(performance.now() - start);
    if (ends.length < SAMPLES)
      ends.push(await timed(async () => api().untilEnded(await api().trigger(quick, { n: 1 }))));
    const sample = runIds[Math.floor(Math.random() * runIds.length)] ?? "";
    const run = await api().get(`/api/v1/runs/${sample}`);
    // Up to half a second before the first may wake, all of them sleep.
    if (at(run.body, "status") === "running" && at(run.body, "step_results", "wait", "status") === "running")
      seenAsleep++;
    else if (hasEnded(run.body)) seenEarly++;
    await Bun.sleep(50);
  }
  console.log(
    `asleep: at most ${Math.round(megabytes)} MB, threads ${threadsBefore} before and at most ${threads} during;`,
    `/health median ${median(reads)} ms, worst ${worst(reads)} ms; a new run to its end median ${median(ends)} ms, worst ${worst(ends)} ms`,
  );
  expect(seenEarly).toBe(0);
  expect(seenAsleep).toBeGreaterThan(0);
  expect(megabytes).toBeLessThan(MAX_MEGABYTES);
  expect(threads).toBeLessThanOrEqual(threadsBefore + FEW_THREADS);
  expect(Math.max(...reads)).toBeLessThan(1_000);
  expect(Math.max(...ends)).toBeLessThan(2_000);

  await untilAllEnded(api(), FULL ? 180_000 : 40_000);
  const early: string[] = [];
  let latest = 0;
  for await (const run of allRuns(api())) {
    const uuid = textAt(run, "uuid");
    const sent = sentAt.get(uuid);
    if (sent === undefined) continue;
    sentAt.delete(uuid);
    const [started, completed] = [
      timeAt(run, "step_results", "wait", "started_at"),
      timeAt(run, "step_results", "wait", "completed_at"),
    ];
    const slept = Math.min(completed - started, completed - sent, timeAt(run, "completed_at") - sent);
    if (slept < DELAY_SECONDS * 1000 || run.status !== "success") early.push(`${slept} ms: ${JSON.stringify(run)}`);
    latest = Math.max(latest, completed - started - DELAY_SECONDS * 1000);
  }
  console.log(`woken at most ${latest} ms late`);
  expect({ count: early.length, first: early.slice(0, 3), missing: [...sentAt.keys()] }).toEqual({
    count: 0,
    first: [],
    missing: [],
  });
  expect(platform.complaints()).toEqual([]);
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(times: number[]): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0).toFixed(1);
}

function worst(times: number[]): string {
  return Math.max(...times).toFixed(1);
}

test("after a kill in the middle of a delay the rest of it is waited, not all of it", async () => {
  const seconds = 6;
  const workflow = await api().create([answer, delay(seconds), { ...answer, name: "after" }]);
  const sentAt = Date.now();
  const runs = await Promise.all(Array.from({ length: 50 }, (_, n) => api().trigger(workflow, { n })));
  const triggered = Date.now();
  await Bun.sleep(seconds * 500);
  const asleep = objectAt((await api().get(`/api/v1/runs/${runs[0]}`)).body);
  const killed = Date.now();
  await platform.restart();
  const up = Date.now();
  for (const [n, runId] of runs.entries()) {
    const run = await api().untilEnded(runId);
    expect(run.output("after")).toEqual({ type: "transform", value: n });
    const began = timeAt(run.body, "step_results", "wait", "started_at");
    const ended = timeAt(run.body, "completed_at");
    expect(began).toBeLessThan(killed);
    expect(ended - began).toBeGreaterThanOrEqual(seconds * 1000);
    expect(ended - sentAt).toBeGreaterThanOrEqual(seconds * 1000);
    // All of it, begun again after the restart, would end later than this. Half a second before it is up it begins nothing.
    expect(ended).toBeLessThan(up - 500 + seconds * 1000);
    if (runId === runs[0]) expect(run.step("wait").started_at).toBe(at(asleep, "step_results", "wait", "started_at"));
  }
  console.log(
    `restarted in ${up - killed} ms, all ended ${Date.now() - triggered - seconds * 1000} ms after their time`,
  );
});

test("a delay that ends while the platform is down ends when it is back", async () => {
  const runId = await api().trigger(await api().create([delay(1), answer]), { n: 1 });
  // What had not begun to sleep is somebody's until the end of a lease.
  await api().untilBegun(runId, "wait");
  await platform.kill();
  await Bun.sleep(1_000);
  await platform.restart();
  const run = await api().untilEnded(runId, 3_000);
  expect(run.output("answer")).toEqual({ type: "transform", value: 1 });
});

test("a delay of a year stays asleep, also after a restart, and costs no time of the processor", async () => {
  // 25 days is the first that a 32-bit timer cannot hold.
  const long = [YEAR_SECONDS, 25 * 86_400, 86_401];
  const runs: string[] = [];
  for (const seconds of long) runs.push(await api().trigger(await api().create([delay(seconds), answer]), { n: 1 }));
  for (const when of ["before a restart", "after it"]) {
    if (when === "after it") await platform.restart();
    await Bun.sleep(1_000);
    const cpuBefore = cpuSeconds(platform.pid);
    await Bun.sleep(2_000);
    const used = cpuSeconds(platform.pid) - cpuBefore;
    console.log(`asleep for a year, ${when}: ${used.toFixed(2)} s of CPU time in 2 s`);
    expect(used).toBeLessThan(0.5);
    for (const runId of runs) {
      const reply = await api().get(`/api/v1/runs/${runId}`);
      expectReply(reply, 200, expect.objectContaining({ status: "running", completed_at: null, error: null }));
      const wait = { step_name: "wait", status: "running", started_at: expect.any(String) };
      expect(at(reply.body, "step_results")).toEqual({
        wait: { ...wait, completed_at: null, output: null, error: null },
      });
    }
  }
  expect(platform.complaints()).toEqual([]);
});
