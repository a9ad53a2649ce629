import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerRequest } from "../load/trigger.ts";
import { holdSnapshot } from "../platform/old-snapshot.ts";
import { measure, type Platform } from "../platform/platform.ts";
import { readUsage, type Usage, usageSince } from "../platform/procfs.ts";
import { Samples, type Summary } from "../report/percentiles.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session } from "../scenario.ts";
import { triggerRound } from "./rounds.ts";

const MINUTES = 10;
const WINDOWS = 10;
/** The rate, unless this share of the highest is less. */
const PER_SECOND = 1600;
const SHARE = 0.6;
/** Runs by which the highest rate is found. */
const RUNS = 10_000;
const WARM_MS = 10_000;

/** One of the equal parts of the time that the snapshot is held. */
interface Window {
  load: JobResult;
  usage: Record<string, Usage>;
}

/** A window, and the runs that ended in it. */
interface Ended extends Window {
  /** Runs per second. */
  rate: number;
  /** completed_at − created_at. */
  took: Summary;
}

/** A fixed rate of runs while a transaction keeps an old snapshot: the last minute has to be as the first. */
export async function snapshot(session: Session): Promise<Outcome> {
  if (session.mode !== "stack") throw new Error("snapshot is about PostgreSQL: it needs --mode stack");
  const minutes = session.settings.minutes ?? session.scaled(MINUTES);
  const windowMs = (minutes * 60_000) / WINDOWS;
  const stack = await session.stack();
  const { workflow, notes } = await pureWorkflow(session, stack.target);
  session.progress("snapshot: the highest rate");
  await triggerRound(stack, workflow, RUNS);
  const highest = (await triggerRound(stack, workflow, RUNS)).completed_per_second;
  const perSecond = Math.round(Math.min(PER_SECOND, SHARE * highest));
  await play(stack, workflow, perSecond, WARM_MS);

  const since = await startCounting(stack.target);
  const old = await holdSnapshot(stack.postgres);
  const windows: Window[] = [];
  for (let at = 0; at < WINDOWS; at++) {
    session.progress(`snapshot: held for ${((at * windowMs) / 60_000).toFixed(1)} of ${minutes} minutes`);
    windows.push(await play(stack, workflow, perSecond, windowMs));
  }
  const dead = await old.deadRows();
  session.progress("snapshot: counting the runs");
  const samples = windows.map(() => new Samples());
  const runs = await waitForRuns(stack.target, since, {
    patience: 300_000,
    each: ({ created_at, completed_at }) => {
      const [created, completed] = [Date.parse(created_at ?? ""), Date.parse(completed_at ?? "")];
      const at = windows.findIndex(
        ({ load }) => completed >= load.started_at && completed < load.started_at + windowMs,
      );
      samples[at]?.add(completed - created);
    },
  });
  await old.end();

  const parts = windows.map((window, at): Ended => {
    const took = (samples[at] ?? new Samples()).summary();
    return { ...window, took, rate: (1000 * took.count) / windowMs };
  });
  const [first, last] = [parts[0], parts.at(-1)];
  if (first === undefined || last === undefined) throw new Error("nothing was played");
  const loads = windows.map(({ load }) => load);
  const sum = (of: (load: JobResult) => number) => loads.reduce((all, load) => all + of(load), 0);
  const ratio = (figure: string, ours: number): Row => ({
    figure,
    ours,
    unit: "",
    floor: session.floor("old_snapshot"),
  });
  return {
    tables: [
      {
        title: `snapshot: ${perSecond} runs/s, 3 pure steps, while an old snapshot is held for ${minutes} minutes; its first and last tenth`,
        rows: [
          { figure: "highest rate before", ours: highest, unit: "/s" },
          ...both("runs completed", "/s", first, last, ({ rate }) => rate),
          ratio("runs completed, first ÷ last", first.rate / last.rate),
          ...both("trigger p50", "ms", first, last, ({ load }) => load.latency.p50),
          ...both("trigger p99", "ms", first, last, ({ load }) => load.latency.p99),
          ratio("trigger p99, last ÷ first", last.load.latency.p99 / first.load.latency.p99),
          ...both("created to completed p50", "ms", first, last, ({ took }) => took.p50),
          ...both("created to completed p99", "ms", first, last, ({ took }) => took.p99),
          ratio("created to completed p99, last ÷ first", last.took.p99 / first.took.p99),
          ...both("PostgreSQL's CPU a run", "µs", first, last, cpuOfRun),
          ...Object.entries(dead).map(([name, rows]) => ({ figure: `dead rows of ${name}`, ours: rows, unit: "" })),
          ...lossRows(
            session,
            sum(({ expected, ok }) => expected - ok),
            missing(
              runs,
              sum(({ ok }) => ok),
            ),
          ),
          ...memoryRows(session, last.load),
        ],
        notes: [...notes, ...parts.map(partNote), ...loads.flatMap(({ refusals }) => refusals), ...busyNotes(loads)],
      },
    ],
    columns: [column("first tenth", first.load), column("last tenth", last.load)],
    measured: { highest, per_second: perSecond, parts, dead },
  };
}

async function play(platform: Platform, workflow: string, perSecond: number, duration_ms: number): Promise<Window> {
  const before = readUsage(platform.pids);
  const load = await measure(platform, {
    kind: "open",
    target: platform.target,
    request: triggerRequest(workflow),
    connections: 128,
    per_second: perSecond,
    duration_ms,
  });
  return { load, usage: usageSince(before, readUsage(platform.pids)) };
}

function both(figure: string, unit: string, first: Ended, last: Ended, of: (part: Ended) => number): Row[] {
  return [
    { figure: `${figure}, first`, ours: of(first), unit },
    { figure: `${figure}, last`, ours: of(last), unit },
  ];
}

function cpuOfRun({ usage, load }: Window): number {
  return (1e6 * (usage.postgres?.cpu_s ?? 0)) / load.ok;
}

function partNote(part: Ended, at: number): string {
  const { rate, took, load } = part;
  const shown = ({ p50, p99 }: Summary) => `${p50.toFixed(1)}, ${p99.toFixed(1)} ms`;
  return `part ${at + 1}: ${rate.toFixed(0)} runs/s; trigger p50, p99 ${shown(load.latency)}; created to completed ${shown(took)}; PostgreSQL ${cpuOfRun(part).toFixed(0)} µs a run`;
}
