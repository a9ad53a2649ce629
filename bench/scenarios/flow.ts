import { type Bare, besideBare, type MeasureBare } from "../limits/bare.ts";
import { missing, type RunCount, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { CONNECTIONS } from "../load/trigger.ts";
import { measure, type Platform } from "../platform/platform.ts";
import type { FloorName } from "../report/floors.ts";
import { medianBy } from "../report/percentiles.ts";
import { published, publishedEndpoint } from "../report/published.ts";
import { plain, type Row, type Table } from "../report/table.ts";
import { busyNotes, type Column, column, cpuOfRequest, memoryRows, type Outcome, type Session } from "../scenario.ts";

/** Users and rounds of the plays that are compared. */
export const USERS = 1000;
export const ROUNDS = 5;
const MANY = 10_000;
const PLAYS = 5;

/** One repetition of the flow and what became of its runs. */
export interface FlowPlay extends JobResult {
  users: number;
  rounds: number;
  runs: RunCount;
}

/** A play, and what bare GETs made right before it. */
interface ComparedPlay extends FlowPlay {
  bare_per_second: number;
}

/** Plays the flow once and waits until its delayed runs have ended. */
export async function playFlow(platform: Platform, users: number, rounds: number): Promise<FlowPlay> {
  const since = await startCounting(platform.target);
  const result = await measure(platform, { kind: "flow", target: platform.target, users, rounds });
  const runs = await waitForRuns(platform.target, since);
  return { ...result, users, rounds, runs };
}

async function comparedFlow(
  platform: Platform,
  measure: MeasureBare,
  users: number,
  rounds: number,
): Promise<ComparedPlay> {
  const bare_per_second = await measure("get");
  return { ...(await playFlow(platform, users, rounds)), bare_per_second };
}

/** The original's seven requests per user, all users at once. */
export async function flow(session: Session): Promise<Outcome> {
  const bare = await session.bareServers();
  const users = session.settings.users;
  const small = users ?? USERS;
  const tables: Table[] = [];
  const columns: Column[] = [];
  const measured: FlowPlay[] = [];
  const withBare = (work: (platform: Platform, measure: MeasureBare) => Promise<void>) =>
    session.withPlatform((platform) => besideBare(["get"], CONNECTIONS, (measure) => work(platform, measure)));
  await withBare(async (platform, measure) => {
    session.progress(`flow: ${plain(small)} users, once and ${PLAYS} times ${ROUNDS} rounds`);
    const first = await comparedFlow(platform, measure, small, 1);
    const plays: ComparedPlay[] = [];
    for (let at = 0; at < PLAYS; at++) plays.push(await comparedFlow(platform, measure, small, ROUNDS));
    const floors = small === USERS ? STEADY_FLOORS : {};
    tables.push(
      flowTable(session, bare, `flow: ${plain(small)} users at once, the first single round`, [first], {}),
      flowTable(
        session,
        bare,
        `flow: ${plain(small)} users at once, five rounds each, median of ${PLAYS}`,
        plays,
        floors,
      ),
      endpointTable(middleOf(plays)),
    );
    columns.push(column(`flow ${plain(small)}`, middleOf(plays)));
    measured.push(first, ...plays);
  });
  if (users === undefined) {
    // Where it can be had, a platform of its own: its memory is a figure too.
    await withBare(async (platform, measure) => {
      session.progress("flow: 10,000 users, once");
      const many = await comparedFlow(platform, measure, MANY, 1);
      tables.push(flowTable(session, bare, "flow: 10,000 users at once", [many], { p99: "flow_many_p99_ms" }));
      columns.push(column("flow 10,000", many));
      measured.push(many);
    });
  }
  return { tables, columns, measured };
}

interface FlowFloors {
  rate?: FloorName;
  cpu?: FloorName;
  p99?: FloorName;
}
const STEADY_FLOORS: FlowFloors = { rate: "flow_to_bare_get", cpu: "flow_cpu_to_bare_get", p99: "flow_p99_ms" };

/** The figures of the middle play by rate, and the errors of all of them: an error isn't undone by a better repetition. */
function flowTable(session: Session, bare: Bare, title: string, plays: ComparedPlay[], floors: FlowFloors): Table {
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
      ours: shareOfBare(medianBy(plays, shareOfBare)),
      unit: "",
      floor: floor(floors.rate),
    },
    ...(session.mode === "url"
      ? []
      : [
          {
            figure: "CPU of its processes a request ÷ that of a bare GET",
            ours: cpuOfRequest(play) / cpuOfRequest(bare.get),
            unit: "",
            floor: floor(floors.cpu),
          },
        ]),
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

function shareOfBare({ per_second, bare_per_second }: ComparedPlay): number {
  return per_second / bare_per_second;
}

/** The middle play by rate. */
function middleOf<Play extends FlowPlay>(plays: Play[]): Play {
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
