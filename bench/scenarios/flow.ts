import { missing, type RunCount, startCounting, waitForRuns } from "../counting.ts";
import type { FloorName } from "../floors.ts";
import type { JobResult } from "../jobs.ts";
import type { Bare } from "../limits/bare.ts";
import { medianBy } from "../percentiles.ts";
import { measure, type Platform } from "../platform.ts";
import { published, publishedEndpoint } from "../published.ts";
import { busyNotes, type Column, column, memoryRows, type Outcome, type Session } from "../scenario.ts";
import { plain, type Row, type Table } from "../table.ts";

const USERS = 1000;
const MANY = 10_000;

/** One repetition of the flow and what became of its runs. */
export interface FlowPlay extends JobResult {
  users: number;
  rounds: number;
  runs: RunCount;
}

/** Plays the flow once and waits until its delayed runs have ended. */
export async function playFlow(platform: Platform, users: number, rounds: number): Promise<FlowPlay> {
  const since = await startCounting(platform.target);
  const result = await measure(platform, { kind: "flow", target: platform.target, users, rounds });
  const runs = await waitForRuns(platform.target, since);
  return { ...result, users, rounds, runs };
}

/** Three plays of 5 rounds each. */
export async function steadyFlow(platform: Platform, users: number): Promise<FlowPlay[]> {
  const plays: FlowPlay[] = [];
  for (let at = 0; at < 3; at++) plays.push(await playFlow(platform, users, 5));
  return plays;
}

/** The original's seven requests per user, all users at once. */
export async function flow(session: Session): Promise<Outcome> {
  const bare = await session.bareServers();
  const users = session.settings.users;
  const small = users ?? USERS;
  const tables: Table[] = [];
  const columns: Column[] = [];
  const measured: FlowPlay[] = [];
  await session.withPlatform(async (platform) => {
    session.progress(`flow: ${plain(small)} users, once and three times five rounds`);
    const first = await playFlow(platform, small, 1);
    const plays = await steadyFlow(platform, small);
    const floors = small === USERS ? STEADY_FLOORS : {};
    tables.push(
      flowTable(session, bare, `flow: ${plain(small)} users at once, the first single round`, [first], {}),
      flowTable(session, bare, `flow: ${plain(small)} users at once, five rounds each, median of three`, plays, floors),
      endpointTable(middleOf(plays)),
    );
    columns.push(column(`flow ${plain(small)}`, middleOf(plays)));
    measured.push(first, ...plays);
  });
  if (users === undefined) {
    // Where it can be had, a platform of its own: its memory is a figure too.
    await session.withPlatform(async (platform) => {
      session.progress("flow: 10,000 users, once");
      const many = await playFlow(platform, MANY, 1);
      tables.push(flowTable(session, bare, "flow: 10,000 users at once", [many], { p99: "flow_many_p99_ms" }));
      columns.push(column("flow 10,000", many));
      measured.push(many);
    });
  }
  return { tables, columns, measured };
}

interface FlowFloors {
  rate?: FloorName;
  p99?: FloorName;
}
const STEADY_FLOORS: FlowFloors = { rate: "flow_to_bare_get", p99: "flow_p99_ms" };

/** The figures of the middle play by rate, and the errors of all of them: an error isn't undone by a better repetition. */
function flowTable(session: Session, bare: Bare, title: string, plays: FlowPlay[], floors: FlowFloors): Table {
  const play = middleOf(plays);
  const sum = (figure: (one: FlowPlay) => number) => plays.reduce((total, one) => total + figure(one), 0);
  const theirs = published(play.users);
  const errors = sum((one) => one.expected - one.ok);
  const floor = (name: FloorName | undefined) => (name === undefined ? undefined : session.floor(name));
  const latency = (name: "mean" | "p50" | "p95" | "p99"): Row => ({
    figure: name,
    ours: play.latency[name],
    unit: "ms",
    better: "lower",
    bound: "get",
    ...theirs(`${name}_ms`),
  });
  const rows: Row[] = [
    {
      figure: "requests",
      ours: play.per_second,
      unit: "/s",
      better: "higher",
      bound: "get",
      ...theirs("throughput_rps"),
    },
    {
      figure: "requests, opening the connections counted",
      ours: play.ok / (play.wall_s + play.connect_s),
      unit: "/s",
    },
    {
      figure: "÷ bare GET",
      ours: play.per_second / bare.get.per_second,
      unit: "",
      floor: floor(floors.rate),
    },
    latency("mean"),
    latency("p50"),
    latency("p95"),
    { ...latency("p99"), floor: floor(floors.p99) },
    { figure: "max", ours: play.latency.max, unit: "ms" },
    { figure: "errors", ours: errors, unit: "", floor: session.floor("errors") },
    {
      figure: "errors in %",
      ours: (100 * errors) / sum((one) => one.expected),
      unit: "%",
      better: "lower",
      ...theirs("error_pct"),
    },
    {
      figure: "runs not succeeded",
      ours: sum((one) => missing(one.runs, one.users * one.rounds)),
      unit: "",
      floor: session.floor("runs_lost"),
    },
    ...memoryRows(session, play),
  ];
  const refused = plays.flatMap((one) => [`errors: ${JSON.stringify(one.errors)}`, ...one.refusals]);
  const aim = session.mode === "stack" && floors.rate !== undefined ? ["÷ bare GET: the aim is 0.10"] : [];
  return { title, rows, notes: [...aim, ...(errors > 0 ? refused : []), ...busyNotes([...plays, bare.get])] };
}

/** The middle play by rate. */
export function middleOf(plays: FlowPlay[]): FlowPlay {
  return medianBy(plays, (play) => play.per_second);
}

function endpointTable(play: FlowPlay): Table {
  return {
    title: `flow: mean per request, ${plain(play.users)} users`,
    rows: Object.entries(play.more).map(([figure, summary]) => ({
      figure,
      ours: summary.mean,
      unit: "ms",
      better: "lower",
      bound: "get",
      ...(play.users === USERS ? publishedEndpoint(figure) : {}),
    })),
    notes: [],
  };
}
