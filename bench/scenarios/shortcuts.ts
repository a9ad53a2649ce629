import { createWorkflow } from "../load/api.ts";
import { missing, type RunCount, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerMany } from "../load/trigger.ts";
import { measure, type Platform } from "../platform/platform.ts";
import { serve } from "../platform/processes.ts";
import { readUsage, usageSince } from "../platform/procfs.ts";
import { medianBy } from "../report/percentiles.ts";
import type { Row, Table } from "../report/table.ts";
import { busyNotes, lossRows, type Outcome, type Session } from "../scenario.ts";
import type { Mode } from "../settings.ts";
import { automationSteps } from "./automation.ts";
import { USERS } from "./flow.ts";
import { EmbeddedVariants, type Shortcut, StackVariants } from "./shortcut-variants.ts";

/** Shortcuts that a run can meet: embedded there is no broker, and on the stack the processes that take triggers execute nothing. */
const MET: Record<Mode, Shortcut[]> = {
  embedded: ["claim_by_insert", "run_before_insert"],
  stack: ["unclaimed"],
  url: [],
};
const ROUNDS = 3;
/** Rounds of the flow's users in one play. */
const FLOW_ROUNDS = 2;
const RUNS = 10_000;
const AUTOMATIONS = 2000;

/** One load on a platform that has all shortcuts but one, or all (null). */
interface Play {
  result: JobResult;
  runs: RunCount;
  /** Runs in status success per second, from the first trigger to the last completion; requests per second of the flow. */
  per_second: number;
  /** CPU of all processes of the platform for each run, or request, until the last run ended, µs. */
  cpu: number;
}

interface Workload {
  name: string;
  play(platform: Platform): Promise<JobResult>;
  /** What a run, or a request, is called. */
  unit: string;
}

/** What each shortcut gives on the flow, on three transforms and on the automation, by turns with all of them on. */
export async function shortcuts(session: Session): Promise<Outcome> {
  const sink = await serve(["bench/sink.ts"]);
  const variants = session.mode === "stack" ? new StackVariants(session) : new EmbeddedVariants();
  const names = [null, ...MET[session.mode]];
  const plays = new Map<string, Play[]>();
  const loads = workloads(session, sink.target);
  try {
    for (let round = 0; round < ROUNDS; round++) {
      for (const without of round % 2 === 0 ? names : names.toReversed()) {
        session.progress(`shortcuts: round ${round + 1} of ${ROUNDS}, ${without === null ? "all" : `no ${without}`}`);
        const platform = await variants.without(without);
        for (const load of loads) {
          // The first is slower than any later one, after every start.
          if (round === 0 || session.mode === "stack") await playOnce(platform, load);
          const key = keyOf(load.name, without);
          plays.set(key, [...(plays.get(key) ?? []), await playOnce(platform, load)]);
        }
      }
    }
  } finally {
    await variants.close();
    await sink.stop();
  }
  const tables = loads.map((load) => tableOf(session, load, plays));
  return { tables, columns: [], measured: Object.fromEntries(plays) };
}

function workloads(session: Session, sink: Parameters<typeof automationSteps>[0]): Workload[] {
  const [runs, automations] = [session.scaled(RUNS), session.scaled(AUTOMATIONS)];
  return [
    {
      name: "flow",
      unit: "request",
      play: (platform) =>
        measure(platform, { kind: "flow", target: platform.target, users: session.scaled(USERS), rounds: FLOW_ROUNDS }),
    },
    {
      name: "three transforms",
      unit: "run",
      play: async (platform) => triggerMany(platform, (await pureWorkflow(session, platform.target)).workflow, runs),
    },
    {
      name: "automation",
      unit: "run",
      play: async (platform) =>
        triggerMany(platform, await createWorkflow(platform.target, automationSteps(sink)), automations),
    },
  ];
}

async function playOnce(platform: Platform, { name, play }: Workload): Promise<Play> {
  const since = await startCounting(platform.target);
  const before = readUsage(platform.pids);
  const result = await play(platform);
  let cpu = 0;
  const ended = () => {
    const used = Object.values(usageSince(before, readUsage(platform.pids)));
    cpu = (1e6 * used.reduce((sum, { cpu_s }) => sum + cpu_s, 0)) / result.ok;
  };
  const runs = await waitForRuns(platform.target, since, { patience: 120_000, ended });
  const seconds = (runs.last_completed_at - runs.first_created_at) / 1000;
  const completed = (runs.by_status.success ?? 0) / seconds;
  return { result, runs, per_second: name === "flow" ? result.per_second : completed, cpu };
}

function tableOf(session: Session, { name, unit }: Workload, plays: Map<string, Play[]>): Table {
  const of = (without: Shortcut | null) => plays.get(keyOf(name, without)) ?? [];
  const all = of(null);
  const every = [all, ...MET[session.mode].map(of)].flat();
  const errors = every.reduce((sum, { result }) => sum + result.expected - result.ok, 0);
  // A user of the flow triggers one of its seven requests.
  const lost = name === "flow" ? 0 : every.reduce((sum, { runs, result }) => sum + missing(runs, result.ok), 0);
  return {
    title: `shortcuts: ${name}, median of ${all.length} by turns`,
    rows: [
      { figure: `all on: ${unit}s`, ours: middle(all, ({ per_second }) => per_second), unit: "/s" },
      { figure: `all on: CPU a ${unit}`, ours: middle(all, ({ cpu }) => cpu), unit: "µs" },
      ...MET[session.mode].flatMap((shortcut): Row[] => {
        const pairs = of(shortcut).flatMap((without, at) => {
          const one = all[at];
          return one === undefined ? [] : [{ one, without }];
        });
        const given = (figure: (pair: (typeof pairs)[number]) => number) => 100 * (middle(pairs, figure) - 1);
        return [
          {
            figure: `${shortcut}: ${unit}s with it by those without`,
            ours: given(({ one, without }) => one.per_second / without.per_second),
            unit: "% more",
          },
          {
            figure: `${shortcut}: CPU without it by that with it`,
            ours: given(({ one, without }) => without.cpu / one.cpu),
            unit: "% more",
          },
        ];
      }),
      ...lossRows(session, errors, lost),
    ],
    notes: [
      ...(session.mode === "embedded" ? ["without claim_by_insert no run is executed before its insert either"] : []),
      ...busyNotes(every.map(({ result }) => result)),
    ],
  };
}

function middle<One>(ones: One[], figure: (one: One) => number): number {
  return figure(medianBy(ones, figure));
}

function keyOf(load: string, without: Shortcut | null): string {
  return `${load}, ${without === null ? "all on" : `without ${without}`}`;
}
