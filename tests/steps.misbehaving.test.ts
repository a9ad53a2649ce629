/**
 * Connectors that loop, throw what is no error, or end their thread: each costs its own run and no other. Always on a
 * platform of its own: another deployment has no such connectors.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Scrape } from "./harness/exposition.ts";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { Platform } from "./harness/platform.ts";
import { connectorSource, PlatformCopy } from "./harness/platform-copy.ts";
import { Sink } from "./harness/sinks/sink.ts";

const FIRST_REPLY =
  "await tools.fetch({ url: config.url, method: 'GET', headers: [], ownHeaders: [], body: null, follow: 0 });";
const NO_PROGRESS = /it made no progress for 5 seconds/;
const EXITED = /it exited/;
/** What was thrown may hold anything: it goes to the log, and the run says this. */
const UNEXPECTED = /failed unexpectedly; the log has the reason/;
/** What each does, and what the error of its run must say. */
const MISBEHAVING = [
  { type: "loops", kind: "pure" as const, body: "for (;;) {}", error: NO_PROGRESS },
  {
    type: "loops-later",
    kind: "effect" as const,
    body: `${FIRST_REPLY} for (;;) {}`,
    error: NO_PROGRESS,
  },
  { type: "exits", kind: "pure" as const, body: "process.exit(3);", error: EXITED },
  {
    type: "exits-later",
    kind: "effect" as const,
    body: `${FIRST_REPLY} process.exit(3);`,
    error: EXITED,
  },
  { type: "throws-number", kind: "pure" as const, body: "throw 42;", error: UNEXPECTED },
  { type: "throws-nothing", kind: "pure" as const, body: "throw undefined;", error: UNEXPECTED },
  { type: "throws-later", kind: "effect" as const, body: `${FIRST_REPLY} throw 42;`, error: UNEXPECTED },
  { type: "gives-no-json", kind: "pure" as const, body: "return { big: 1n };", error: /JSON/ },
  { type: "gives-nothing", kind: "pure" as const, body: "return undefined;", error: /\S/ },
];
const NEIGHBOURS = 50;
const LATEST_MS = 75_000;
/** How long an answer of /health may take while threads loop and die on all cores. */
const QUICK_MS = 1_000;

interface Ending {
  type: string;
  error: RegExp;
  run: Run;
}

interface Scene {
  platform: Platform;
  charged: Ending[];
  neighbours: Run[];
  slowestHealth: number;
}

let copy: PlatformCopy;
let sink: Sink;
/** An address that takes its time to answer. */
let slow: string;
let scenes: Scene[];

const before: StepInput = { name: "before", type: "transform", config: { value: "${payload.n}" } };
const after: StepInput = { name: "after", type: "transform", config: { value: ["${payload.n}"] } };
const wait: StepInput = { name: "middle", type: "delay", config: { duration: 0.3 } };
const hook = (): StepInput => ({ name: "middle", type: "webhook", config: { url: slow, method: "POST" } });

beforeAll(async () => {
  copy = new PlatformCopy(
    Object.fromEntries(MISBEHAVING.map(({ type, kind, body }) => [type, connectorSource(type, kind, body)])),
  );
  sink = new Sink();
  slow = sink.url("/slow", { headers: { "content-type": "application/json" }, body: '{"n":1}', afterMs: 400 });
  // Five times five seconds for each that loops, one after the other: two platforms take half as long.
  scenes = await Promise.all([
    play(MISBEHAVING.filter(({ type }) => type !== "loops-later")),
    play(MISBEHAVING.filter(({ type }) => type === "loops-later")),
  ]);
}, LATEST_MS + 10_000);

afterAll(async () => {
  await Promise.all(scenes.map(({ platform }) => platform.close()));
  await sink.close();
  copy.remove();
});

/** Triggers all at once, so that a thread that is lost always has neighbours, some with a webhook in flight. */
async function play(misbehaving: typeof MISBEHAVING): Promise<Scene> {
  const platform = await Platform.start({ root: copy.root, env: { METRICS_PORT: "0" } });
  const api = new Client(platform.url);
  const good = [await api.create([before, wait, after]), await api.create([before, hook(), after])];
  const bad = await Promise.all(
    misbehaving.map(({ type }) => api.create([before, { name: "bad", type, config: { url: slow } }, after])),
  );
  const stopWatch = watchHealth(api);
  const runs = await Promise.all([
    ...bad.map((workflow) => api.trigger(workflow, { n: 0 })),
    ...Array.from({ length: NEIGHBOURS }, (_, n) => api.trigger(good[n % 2] ?? "", { n })),
  ]);
  const ended = await Promise.all(runs.map((run) => api.untilEnded(run, LATEST_MS)));
  const charged = misbehaving.flatMap(({ type, error }, n) => {
    const run = ended[n];
    return run === undefined ? [] : [{ type, error, run }];
  });
  return { platform, charged, neighbours: ended.slice(bad.length), slowestHealth: await stopWatch() };
}

/** Asks for /health until told to stop; gives the slowest answer's time. */
function watchHealth(api: Client): () => Promise<number> {
  let watching = true;
  let slowest = 0;
  const watch = (async () => {
    while (watching) {
      const asked = performance.now();
      expectReply(await api.get("/health"), 200, { status: "ok" });
      slowest = Math.max(slowest, performance.now() - asked);
      await Bun.sleep(20);
    }
  })();
  return async () => {
    watching = false;
    await watch;
    return slowest;
  };
}

for (const { type } of MISBEHAVING) {
  const ending = () => {
    const found = scenes.flatMap(({ charged }) => charged).find((one) => one.type === type);
    if (found === undefined) throw new Error(`no run of ${type}`);
    return found;
  };

  test(`the run of a step that ${type} fails and says why`, () => {
    const { run, error } = ending();
    expect({ run: run.text, status: run.status, error: run.error }).toEqual({
      run: run.text,
      status: "failed",
      error: expect.stringMatching(error),
    });
  });

  test(`the run of a step that ${type} shows which step it was, and what the ones before it did`, () => {
    const { run, error } = ending();
    expect(run.step("before")).toEqual(
      expect.objectContaining({ status: "success", output: { type: "transform", value: 0 } }),
    );
    expect(run.step("bad")).toEqual(expect.objectContaining({ status: "failed", error: expect.stringMatching(error) }));
  });
}

test("every neighbour ends as if nothing had been", () => {
  for (const { neighbours } of scenes) {
    expect(neighbours).toHaveLength(NEIGHBOURS);
    for (const [n, run] of neighbours.entries()) {
      expect(run.output("before")).toEqual({ type: "transform", value: n });
      expect(run.output("middle")).toMatchObject({ type: n % 2 === 0 ? "delay" : "webhook" });
      expect(run.output("after")).toEqual({ type: "transform", value: [n] });
    }
  }
});

test("a webhook that was in flight on a lost thread came again as the same call", () => {
  const posts = sink.at("/slow").filter(({ method }) => method === "POST");
  const ids = new Set(posts.map(({ headers }) => headers.get("webhook-id")));
  const called = scenes.flatMap(({ neighbours }) => neighbours.filter((_, n) => n % 2 === 1));
  expect([...ids].toSorted()).toEqual(called.map((run) => `${run.uuid}:1`).toSorted());
});

test("the API answered quickly all along", () => {
  for (const { slowestHealth } of scenes) expect(slowestHealth).toBeLessThan(QUICK_MS);
});

test("the lost threads have been replaced", async () => {
  for (const { platform } of scenes) {
    const api = new Client(platform.url);
    const runs = [api.run([before, wait, after], { n: 7 }), api.run([before, hook(), after], { n: 7 })];
    expect((await Promise.all(runs)).map((run) => run.status)).toEqual(["success", "success"]);
  }
});

test("threads that were lost, and what runs were charged with, are in the metrics", async () => {
  for (const { platform, charged } of scenes) {
    const address = platform.logs.find(({ fields }) => fields.msg === "metrics")?.fields.address;
    const scrape = await Scrape.of(String(address));
    const crashed = charged.filter(({ error }) => error === NO_PROGRESS || error === EXITED).length;
    expect(crashed).toBeGreaterThan(0);
    expect(scrape.sum("workflow_crashes_charged_total")).toBeGreaterThanOrEqual(5 * crashed);
    expect(scrape.sum("workflow_thread_restarts_total")).toBeGreaterThan(0);
    expect(scrape.sum("workflow_runs_ended_total", { status: "failed" })).toBe(charged.length);
  }
});
