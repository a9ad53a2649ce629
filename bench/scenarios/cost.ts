import { missing, type RunCount, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { pureWorkflow } from "../load/pure.ts";
import { triggerMany } from "../load/trigger.ts";
import { cpuRows } from "../platform/cpu.ts";
import type { Platform } from "../platform/platform.ts";
import { readUsage, type Usage, usageSince } from "../platform/procfs.ts";
import { type Wal, walOf } from "../platform/wal.ts";
import { medianBy } from "../report/percentiles.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, lossRows, type Outcome, type Session } from "../scenario.ts";
import { triggerRound } from "./rounds.ts";

const RUNS = 20_000;
const ROUNDS = 3;

/** Runs that were triggered over HTTP and executed to their end. */
interface Round {
  result: JobResult;
  runs: RunCount;
  /** What each process used from before the first trigger to the last end. */
  usage: Record<string, Usage>;
}

/** What a run of three pure steps costs, triggered over HTTP: CPU by process, and PostgreSQL's write-ahead log. */
export async function cost(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { workflow, notes } = await pureWorkflow(session, platform.target);
    const count = session.scaled(RUNS);
    session.progress(`cost: ${ROUNDS} times ${count.toLocaleString("en-US")} runs of 3 pure steps`);
    await triggerRound(platform, workflow, count);
    const rounds: Round[] = [];
    const play = async () => {
      for (let at = 0; at < ROUNDS; at++) rounds.push(await playRound(platform, workflow, count));
    };
    const wal = session.mode === "stack" ? await walOf((await session.stack()).postgres, play) : void (await play());
    const results = rounds.map(({ result }) => result);
    const middle = medianBy(rounds, ({ usage }) => Object.values(usage).reduce((sum, { cpu_s }) => sum + cpu_s, 0));
    const errors = results.reduce((sum, { expected, ok }) => sum + expected - ok, 0);
    const accepted = results.reduce((sum, { ok }) => sum + ok, 0);
    const lost = rounds.reduce((sum, { runs, result }) => sum + missing(runs, result.ok), 0);
    return {
      tables: [
        {
          title: `cost: a run of 3 pure steps, triggered over HTTP, median of ${ROUNDS}`,
          rows: [
            ...cpuRows("", middle.usage, middle.result.ok),
            ...(wal === undefined ? [] : walRows(session, wal, accepted)),
            ...lossRows(session, errors, lost),
          ],
          notes: [...notes, ...results.flatMap(({ refusals }) => refusals), ...busyNotes(results)],
        },
      ],
      columns: [column("cost", middle.result)],
      measured: { rounds, wal },
    };
  });
}

async function playRound(platform: Platform, workflow: string, count: number): Promise<Round> {
  const { target, pids } = platform;
  const since = await startCounting(target);
  const before = readUsage(pids);
  const result = await triggerMany(platform, workflow, count);
  let usage: Record<string, Usage> = {};
  const ended = () => {
    usage = usageSince(before, readUsage(pids));
  };
  const runs = await waitForRuns(target, since, { patience: 120_000, ended });
  return { result, runs, usage };
}

function walRows(session: Session, { bytes, records, pages }: Wal, count: number): Row[] {
  return [
    { figure: "WAL a run", ours: bytes / count, unit: "bytes", better: "lower", floor: session.floor("wal_bytes") },
    { figure: "WAL a run, records", ours: records / count, unit: "" },
    { figure: "WAL a run, whole pages after checkpoints among them", ours: pages / count, unit: "" },
  ];
}
