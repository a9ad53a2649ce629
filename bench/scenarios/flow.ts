import { newestRun, type RunCount, waitForRuns } from "../api.ts";
import { FLOORS } from "../floors.ts";
import type { JobResult } from "../jobs.ts";
import { medianBy } from "../percentiles.ts";
import { type Measured, measure, type Platform, withPlatform } from "../platform.ts";
import { published, publishedEndpoint } from "../published.ts";
import { busyNotes, type Outcome, processRows, type Session } from "../scenario.ts";
import type { Row, Table } from "../table.ts";

/** One repetition of the flow and what became of its runs. */
export interface FlowPlay extends Measured {
  users: number;
  rounds: number;
  runs: RunCount;
}

/** Plays the flow once and waits until its delayed runs have ended. */
export async function playFlow(platform: Platform, users: number, rounds: number): Promise<FlowPlay> {
  const since = await newestRun(platform.target);
  const result = await measure(platform, { kind: "flow", target: platform.target, users, rounds });
  const runs = await waitForRuns(platform.target, since);
  return { ...result, users, rounds, runs };
}

/** The middle of three plays of 1,000 users with 5 rounds each, by rate. */
export async function steadyFlow(platform: Platform, users: number): Promise<{ middle: FlowPlay; plays: FlowPlay[] }> {
  const plays: FlowPlay[] = [];
  for (let at = 0; at < 3; at++) plays.push(await playFlow(platform, users, 5));
  return { middle: medianBy(plays, (play) => play.per_second), plays };
}

/** The original's seven requests per user, all users at once. */
export async function flow(session: Session): Promise<Outcome> {
  const bareGet = (await session.bareServers()).get;
  const users = session.settings.users;
  const small = users ?? 1000;
  session.progress(`flow: ${small} users, once and three times five rounds`);
  const tables: Table[] = [];
  const measured: FlowPlay[] = [];
  await withPlatform(session.settings.url, async (platform) => {
    const first = await playFlow(platform, small, 1);
    const { middle, plays } = await steadyFlow(platform, small);
    tables.push(
      flowTable(`flow: ${small} users at once, the first single round of a fresh platform`, [first], bareGet, false),
      flowTable(`flow: ${small} users, five rounds each, median of three`, plays, bareGet, small === 1000),
      endpointTable(middle),
    );
    measured.push(first, ...plays);
  });
  if (users === undefined) {
    session.progress("flow: 10,000 users, once");
    // A platform of its own: its memory is a figure too.
    const many = await withPlatform(session.settings.url, (platform) => playFlow(platform, 10_000, 1));
    tables.push(flowTable("flow: 10,000 users at once", [many], bareGet, false));
    measured.push(many);
  }
  return { tables, measured };
}

/** The figures of the middle play by rate, and the errors of all of them: an error isn't undone by a better repetition. */
function flowTable(title: string, plays: FlowPlay[], bareGet: JobResult, rateHasFloor: boolean): Table {
  const play = medianBy(plays, (one) => one.per_second);
  const sum = (figure: (one: FlowPlay) => number) => plays.reduce((total, one) => total + figure(one), 0);
  const theirs = published(play.users);
  const errors = sum((one) => one.expected - one.ok);
  const rows: Row[] = [
    { figure: "requests", ours: play.per_second, unit: "/s", better: "higher", ...theirs("throughput_rps") },
    {
      figure: "requests, opening the connections counted",
      ours: play.ok / (play.wall_s + play.connect_s),
      unit: "/s",
    },
    {
      figure: "÷ bare GET",
      ours: play.per_second / bareGet.per_second,
      unit: "",
      ...(rateHasFloor ? { floor: FLOORS.flow_to_bare_get } : {}),
    },
    { figure: "mean", ours: play.latency.mean, unit: "ms", better: "lower", ...theirs("mean_ms") },
    { figure: "p50", ours: play.latency.p50, unit: "ms", better: "lower", ...theirs("p50_ms") },
    { figure: "p95", ours: play.latency.p95, unit: "ms", better: "lower", ...theirs("p95_ms") },
    { figure: "p99", ours: play.latency.p99, unit: "ms", better: "lower", ...theirs("p99_ms") },
    { figure: "max", ours: play.latency.max, unit: "ms" },
    { figure: "errors", ours: errors, unit: "", floor: FLOORS.errors },
    {
      figure: "errors in %",
      ours: (100 * errors) / sum((one) => one.expected),
      unit: "%",
      better: "lower",
      ...theirs("error_pct"),
    },
    {
      figure: "runs not succeeded",
      ours: sum(runsMissing),
      unit: "",
      floor: FLOORS.runs_lost,
    },
  ];
  rows.push(...processRows(play, FLOORS.memory_mb));
  const refused = plays.flatMap((one) => [`errors: ${JSON.stringify(one.errors)}`, ...one.refusals]);
  const notes = [...(errors > 0 ? refused : []), ...busyNotes([...plays, bareGet])];
  return { title, rows, notes };
}

/** How far a play is from one successful run per user and round. */
function runsMissing(play: FlowPlay): number {
  return Math.abs(play.users * play.rounds - (play.runs.by_status.success ?? 0)) + play.runs.repeated;
}

function endpointTable(play: FlowPlay): Table {
  return {
    title: `flow: mean per request, ${play.users} users`,
    rows: Object.entries(play.more).map(([figure, summary]) => ({
      figure,
      ours: summary.mean,
      unit: "ms",
      better: "lower",
      ...(play.users === 1000 ? publishedEndpoint(figure) : {}),
    })),
    notes: [],
  };
}
