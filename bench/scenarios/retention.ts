import { ask, createWorkflow, type Run } from "../load/api.ts";
import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerRequest } from "../load/trigger.ts";
import { measure, type Platform, startEmbedded, temporaryFolder } from "../platform/platform.ts";
import { fillPostgres, fillSqlite, oldUuid, type Store } from "../platform/stored-runs.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session, withEmbedded } from "../scenario.ts";
import { follow, type Read } from "./reader.ts";

const STORED = 1_000_000;
const PER_SECOND = 1000;
const DAYS = "30";
/** Each span of the load. The sleeping run wakes in the third, or later. */
const SPAN_MS = 30_000;
const SPANS = 20;
const ASLEEP_S = 75;
const SETTLE_MS = 20_000;

interface Span {
  load: JobResult;
  read: Read;
  /** Old runs that were left at its end. */
  left: number;
}

/** A platform with a full database. */
interface Full {
  platform: Platform;
  store: Store;
  workflow: string;
  notes: string[];
}

/** Half of the stored runs are dropped while others are triggered and read. */
export async function retention(session: Session): Promise<Outcome> {
  if (session.settings.url !== undefined) throw new Error("retention fills a platform of its own: leave --url out");
  const each = session.scaled(STORED) / 2;
  if (session.mode === "stack") {
    process.env.RETENTION_DAYS = DAYS;
    const stack = await session.stack();
    const { workflow, notes } = await pureWorkflow(session, stack.target);
    const before = await played(session, stack, workflow);
    session.progress(`retention: storing ${2 * each} runs`);
    const store = await fillPostgres(stack.postgres, { workflow, each });
    return withDropped(session, { platform: stack, store, workflow, notes }, before);
  }
  const { folder, remove } = temporaryFolder();
  try {
    const first = await startEmbedded({ folder });
    const { workflow, notes } = await pureWorkflow(session, first.target);
    const before = await played(session, first, workflow);
    await first.stop();
    session.progress(`retention: storing ${2 * each} runs`);
    const store = await fillSqlite(folder, { workflow, each });
    const env = { RETENTION_DAYS: DAYS };
    return await withEmbedded((platform) => withDropped(session, { platform, store, workflow, notes }, before), {
      folder,
      env,
    });
  } finally {
    remove();
  }
}

/** The same load while nothing is dropped. */
async function played(session: Session, platform: Platform, workflow: string): Promise<Omit<Span, "left">> {
  session.progress(`retention: ${PER_SECOND} triggers/s and a reader, nothing to drop`);
  await play(platform, workflow, SPAN_MS / 10);
  return play(platform, workflow, SPAN_MS);
}

async function withDropped(session: Session, full: Full, before: Omit<Span, "left">): Promise<Outcome> {
  const { platform, store, workflow, notes } = full;
  const { target } = platform;
  const bytes = await store.bytes();
  // Old rows have long been written to the disk; these have not.
  Bun.spawnSync(["sync"]);
  await Bun.sleep(SETTLE_MS);
  const sleeper = await createWorkflow(target, [
    { name: "wait", type: "delay", config: { duration: ASLEEP_S } },
    { name: "after", type: "transform", config: { value: "awake" } },
  ]);
  const asleep = oldUuid();
  await store.add({ uuid: asleep, workflow: sleeper });
  const since = await startCounting(target);
  const spans: Span[] = [];
  const began = performance.now();
  let took = 0;
  while (spans.length < SPANS && (took === 0 || performance.now() - began < (ASLEEP_S + 10) * 1000)) {
    const span = await play(platform, workflow, SPAN_MS);
    const left = await store.left();
    if (left <= 1 && took === 0) took = (performance.now() - began) / 1000;
    spans.push({ ...span, left });
    session.progress(`retention: ${left} old runs are left; slowest trigger ${span.load.latency.max.toFixed(0)} ms`);
  }
  const runs = await waitForRuns(target, since, { patience: 120_000 });
  const woken = await ask<Run>(target, "GET", `/api/v1/runs/${asleep}`);
  const after = await store.bytes();
  await store.close();
  const loads = spans.map(({ load }) => load);
  const last = loads.at(-1);
  if (last === undefined) throw new Error("nothing was played");
  const accepted = loads.reduce((sum, { ok }) => sum + ok, 0);
  const errors = loads.reduce((sum, { expected, ok }) => sum + expected - ok, 0);
  const readErrors = spans.flatMap(({ read }) => read.errors);
  const most = (of: (span: Omit<Span, "left">) => number) => Math.max(...spans.map(of));
  return {
    tables: [
      {
        title: `retention: half of ${session.scaled(STORED).toLocaleString("en-US")} runs dropped during ${PER_SECOND} triggers/s`,
        rows: [
          {
            figure: "slowest trigger",
            ours: most(({ load }) => load.latency.max),
            unit: "ms",
            better: "lower",
            floor: session.floor("retention_max_ms"),
          },
          { figure: "slowest trigger, before", ours: before.load.latency.max, unit: "ms" },
          { figure: "trigger p99, worst span", ours: most(({ load }) => load.latency.p99), unit: "ms" },
          { figure: "trigger p99, before", ours: before.load.latency.p99, unit: "ms" },
          {
            figure: "slowest page",
            ours: most(({ read }) => read.latency.max),
            unit: "ms",
            better: "lower",
            floor: session.floor("retention_max_ms"),
          },
          { figure: "slowest page, before", ours: before.read.latency.max, unit: "ms" },
          { figure: "pages that failed", ours: readErrors.length, unit: "", floor: session.floor("errors") },
          { figure: "old runs left", ours: spans.at(-1)?.left ?? 0, unit: "" },
          { figure: "dropped after, at most", ours: took, unit: "s" },
          {
            figure: "old run that slept, success",
            ours: woken.status === "success" ? 1 : 0,
            unit: "",
            better: "higher",
            floor: { kind: "at_least", value: 1 },
          },
          { figure: "on the disk, before", ours: bytes / 1e6, unit: "MB" },
          { figure: "on the disk, after", ours: after / 1e6, unit: "MB" },
          ...lossRows(session, errors, missing(runs, accepted)),
          ...memoryRows(session, last),
        ],
        notes: [...notes, ...readErrors.slice(0, 3), ...loads.flatMap(({ refusals }) => refusals), ...busyNotes(loads)],
      },
    ],
    columns: [column("retention", last)],
    measured: { before, spans, took, asleep: woken },
  };
}

/** Triggers, and follows the list to its end again and again. */
async function play(platform: Platform, workflow: string, duration_ms: number): Promise<Omit<Span, "left">> {
  const { target } = platform;
  const reader = new AbortController();
  const reading = follow(target, reader.signal);
  const load = await measure(platform, {
    kind: "open",
    target,
    request: triggerRequest(workflow),
    connections: 128,
    per_second: PER_SECOND,
    duration_ms,
  });
  reader.abort();
  return { load, read: await reading };
}
