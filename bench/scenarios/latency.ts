import type { JobResult } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { measure, type Platform } from "../platform/platform.ts";
import type { Floor, FloorName } from "../report/floors.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, memoryRows, type Outcome, type Session } from "../scenario.ts";
import { triggerRound } from "./rounds.ts";

/** Of a process that has just started it is the compiler that is measured, on the stack a minute long. */
const WARM_RUNS = 10_000;
/** Runs of `latencyAlone`. */
export const ALONE_RUNS = 1000;
/** Runs per second, and for how many seconds. */
const RATES = [
  { per_second: 1, seconds: 15 },
  { per_second: 10, seconds: 15 },
  { per_second: 100, seconds: 20 },
];
const MAIN_RATE = 100;
/**
 * Pause between two looks at a run, in ms, and how many runs a second are looked at. Without bounds an end is seen soonest;
 * but on the stack each look goes through nginx, an API and the database, and looks compete with the runs for the cores.
 */
const LOOKS = {
  embedded: { pause_ms: 0, per_second: Number.POSITIVE_INFINITY },
  stack: { pause_ms: 2, per_second: 20 },
  url: { pause_ms: 2, per_second: 20 },
};

/** One at a time, polled without a pause. */
export function latencyAlone(platform: Platform, workflow: string): Promise<JobResult> {
  const { target } = platform;
  return measure(platform, { kind: "alone", target, workflow_id: workflow, runs: ALONE_RUNS, warm_runs: 200 });
}

/** At a fixed rate, from the intended time of each trigger to the answer that shows the run ended. */
function latencyAt(session: Session, platform: Platform, workflow: string, perSecond: number, seconds: number) {
  return measure(platform, {
    kind: "follow",
    target: platform.target,
    workflow_id: workflow,
    per_second: perSecond,
    duration_ms: seconds * 1000,
    watch_every: Math.max(1, perSecond / LOOKS[session.mode].per_second),
    pause_ms: LOOKS[session.mode].pause_ms,
    asleep_ms: 0,
  });
}

/** Wall time from a trigger to the first answer that shows the run ended. */
export async function latency(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { workflow, notes } = await pureWorkflow(session, platform.target);
    session.progress(`latency: warming up with ${WARM_RUNS} runs`);
    await triggerRound(platform, workflow, WARM_RUNS);
    session.progress(`latency: ${ALONE_RUNS} runs, one at a time`);
    const alone = await latencyAlone(platform, workflow);
    const results: { per_second: number; result: JobResult }[] = [];
    for (const { per_second, seconds } of RATES) {
      session.progress(`latency: ${per_second} runs/s for ${seconds} s`);
      results.push({ per_second, result: await latencyAt(session, platform, workflow, per_second, seconds) });
    }
    const all = [alone, ...results.map(({ result }) => result)];
    const last = results.at(-1)?.result ?? alone;
    const floors = await floorsOf(session);
    const rows: Row[] = [
      percentileRow("one at a time", alone, "p50", session.floor("alone_p50_ms")),
      percentileRow("one at a time", alone, "p99", session.floor("alone_p99_ms")),
      ...results.flatMap(({ per_second, result }) =>
        rateRows(per_second, result, per_second === MAIN_RATE ? floors : NO_FLOORS),
      ),
      {
        figure: "not succeeded",
        ours: all.reduce((sum, result) => sum + result.expected - result.ok, 0),
        unit: "",
        floor: session.floor("errors"),
      },
      ...memoryRows(session, last),
    ];
    const counts = results.map(({ result }) => result.latency.count).join(", ");
    return {
      tables: [
        {
          title: "latency: trigger to completed, 3 pure steps, from the intended time of each trigger",
          rows,
          notes: [
            ...notes,
            `after ${WARM_RUNS} runs as fast as they go`,
            `from ${counts} runs: of few runs the highest percentiles are the slowest one`,
            ...(last.latency.count < last.ok
              ? [
                  `of ${last.ok} runs at ${MAIN_RATE}/s ${last.latency.count} were looked at, all others when it was over`,
                ]
              : []),
            resolution(last),
            ...all.flatMap((result) => result.refusals),
            ...busyNotes(all),
          ],
        },
      ],
      columns: [column("one at a time", alone), column(`${MAIN_RATE} runs/s`, last)],
      measured: { alone, results },
    };
  });
}

type Percentile = "p50" | "p95" | "p99" | "p999" | "max";

interface Floors {
  p50: Floor | undefined;
  p99: Floor | undefined;
}
const NO_FLOORS: Floors = { p50: undefined, p99: undefined };

/** Those of the stack scale with the machine. */
async function floorsOf(session: Session): Promise<Floors> {
  const floor = (name: FloorName) => (session.mode === "stack" ? session.timeFloor(name) : session.floor(name));
  return { p50: await floor("latency_p50_ms"), p99: await floor("latency_p99_ms") };
}

function percentileRow(at: string, result: JobResult, name: Percentile, floor?: Floor): Row {
  const shown = name === "p999" ? "p99.9" : name;
  return {
    figure: `${at}: ${shown}`,
    ours: result.latency[name],
    unit: "ms",
    // Of a few runs a high percentile is chance: only what has a floor is held against an older run.
    ...(floor === undefined ? {} : { better: "lower", floor }),
  };
}

function rateRows(perSecond: number, result: JobResult, floors: Floors): Row[] {
  const at = `${perSecond} run${perSecond === 1 ? "" : "s"}/s`;
  const inside = result.more.inside_the_server;
  return [
    percentileRow(at, result, "p50", floors.p50),
    percentileRow(at, result, "p95"),
    percentileRow(at, result, "p99", floors.p99),
    percentileRow(at, result, "p999"),
    percentileRow(at, result, "max"),
    ...(inside === undefined || inside.count === 0
      ? []
      : [
          { figure: `${at}: completed_at − created_at p50`, ours: inside.p50, unit: "ms" },
          { figure: `${at}: completed_at − created_at p99`, ours: inside.p99, unit: "ms" },
        ]),
  ];
}

/** How finely an end is seen, and our own timer's share in the latency. */
function resolution(result: JobResult): string {
  const { between_polls: between, timer_late: late } = result.more;
  const show = (ms: number | undefined) => (ms ?? 0).toFixed(1);
  return `an end is seen by polling: ${show(between?.p50)} ms between two answers at p50, ${show(between?.p99)} at p99; our own timer was late by ${show(late?.p50)} and ${show(late?.p99)} ms`;
}
