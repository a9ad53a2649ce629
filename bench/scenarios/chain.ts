import { besideBare, type MeasureBare } from "../limits/bare.ts";
import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { CONNECTIONS } from "../load/trigger.ts";
import { cpuRows } from "../platform/cpu.ts";
import { measure, type Platform } from "../platform/platform.ts";
import { requireLoopback } from "../platform/target.ts";
import type { Floor, FloorName } from "../report/floors.ts";
import { medianBy } from "../report/percentiles.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session } from "../scenario.ts";

const WEBHOOKS = 3;
const UNDER_WAY = 64;
const ROUNDS = 3;
const ROUND_SECONDS = 10;
const WARM_RUNS = 2000;
/** Runs per second, each for so many seconds: at the first the whole run is looked at, at the second its steps. */
const RUNS_PER_SECOND = 50;
const STEPS_PER_SECOND = 300;
const OPEN_SECONDS = 30;

/** So many runs under way, and what bare GETs made right before. */
interface Round {
  result: JobResult;
  bare_per_second: number;
}

/** Runs of three webhooks in a row to a receiver on this machine, of which automations are made. */
export async function chain(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    requireLoopback(platform.target);
    const since = await startCounting(platform.target);
    session.progress(`chain: ${UNDER_WAY} runs of ${WEBHOOKS} webhooks under way, ${ROUNDS} rounds`);
    const rounds = await besideBare(["get"], CONNECTIONS, (bare) => playRounds(session, platform, bare));
    session.progress(`chain: ${RUNS_PER_SECOND} runs/s`);
    const run = await playOpen(session, platform, RUNS_PER_SECOND);
    session.progress(`chain: ${STEPS_PER_SECOND} steps/s`);
    const step = await playOpen(session, platform, STEPS_PER_SECOND / WEBHOOKS);
    const runs = await waitForRuns(platform.target, since, { patience: 120_000 });

    const middle = medianBy(rounds, ({ result }) => result.per_second).result;
    const results = [...rounds.map(({ result }) => result), run, step];
    const errors = results.reduce((sum, result) => sum + result.expected - result.ok, 0);
    const warming = results.length * session.scaled(WARM_RUNS);
    const accepted = results.reduce((sum, { ok }) => sum + ok, warming);
    const at = `${UNDER_WAY} under way: `;
    const share = ({ result, bare_per_second }: Round) => result.per_second / bare_per_second;
    const rows: Row[] = [
      { figure: `${at}runs through`, ours: middle.per_second, unit: "/s", better: "higher", bound: "get" },
      {
        figure: `${at}runs through ÷ bare GET`,
        ours: share(medianBy(rounds, share)),
        unit: "",
        floor: session.floor("chain_to_bare_get"),
      },
      ...cpuRows(at, middle.processes, middle.ok),
      ...quantiles(`${at}trigger to third webhook`, middle.latency),
      ...quantiles(
        `${RUNS_PER_SECOND} runs/s: trigger to third webhook`,
        run.latency,
        await floorsOf(session, "chain_p50_ms", "chain_p99_ms"),
      ),
      ...quantiles(
        `${STEPS_PER_SECOND} steps/s: end of a step to end of the next`,
        step.more.step,
        await floorsOf(session, "step_p50_ms", "step_p99_ms"),
      ),
      ...lossRows(session, errors, missing(runs, accepted)),
      ...memoryRows(session, middle),
    ];
    const refusals = results.flatMap((result) => result.refusals);
    return {
      tables: [
        {
          title: `chain: runs of ${WEBHOOKS} webhooks in a row, from the intended time of each trigger`,
          rows,
          notes: [...rounds.map(roundNote), NOTE, ...refusals, ...busyNotes(results)],
        },
      ],
      columns: [column(`chain, ${UNDER_WAY} under way`, middle), column(`chain, ${RUNS_PER_SECOND}/s`, run)],
      measured: { rounds, run, step, runs },
    };
  });
}

const NOTE =
  "the generator receives the webhooks; an end of a step is its answer there, so the receiver's own time is off";

async function playRounds(session: Session, platform: Platform, bare: MeasureBare): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let at = 0; at < ROUNDS; at++) {
    const bare_per_second = await bare("get");
    const result = await play(session, platform, { under_way: UNDER_WAY }, ROUND_SECONDS);
    rounds.push({ result, bare_per_second });
  }
  return rounds;
}

function playOpen(session: Session, platform: Platform, perSecond: number): Promise<JobResult> {
  return play(session, platform, { per_second: perSecond }, OPEN_SECONDS);
}

function play(
  session: Session,
  platform: Platform,
  load: { under_way: number } | { per_second: number },
  seconds: number,
): Promise<JobResult> {
  return measure(platform, {
    kind: "chain",
    target: platform.target,
    webhooks: WEBHOOKS,
    warm_runs: session.scaled(WARM_RUNS),
    load,
    duration_ms: session.scaled(seconds * 1000),
  });
}

type Quantile = "p50" | "p99";
type Floors = Record<Quantile, Floor | undefined>;

async function floorsOf(session: Session, p50: FloorName, p99: FloorName): Promise<Floors> {
  return { p50: await session.timeFloor(p50), p99: await session.timeFloor(p99) };
}

/** p50 and p99 of a latency; those with a floor are also compared with an older run's. */
function quantiles(figure: string, latency: Record<Quantile, number> | undefined, floors?: Floors): Row[] {
  return (["p50", "p99"] as const).map((name) => ({
    figure: `${figure} ${name}`,
    ours: latency?.[name] ?? Number.NaN,
    unit: "ms",
    ...(floors === undefined ? {} : { better: "lower", floor: floors[name] }),
  }));
}

function roundNote({ result, bare_per_second }: Round, at: number): string {
  const errors = JSON.stringify(result.errors);
  return `round ${at + 1}: ${Math.round(result.per_second)} runs/s, ${Math.round(bare_per_second)} bare GETs/s, errors ${errors}`;
}
