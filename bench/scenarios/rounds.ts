/** Rounds of runs that are triggered over HTTP as fast as possible, and executed to their end. */

import { type BareKind, besideBare } from "../limits/bare.ts";
import { missing, type RunCount, startCounting, waitForRuns } from "../load/counting.ts";
import type { JobResult } from "../load/jobs.ts";
import { CONNECTIONS, triggerMany } from "../load/trigger.ts";
import type { Platform } from "../platform/platform.ts";
import { medianBy } from "../report/percentiles.ts";

/** One repetition: triggers as fast as they go, then every one of them executed. */
export interface TriggerRound extends JobResult {
  runs: RunCount;
  /** Runs in status success per second, from the first trigger to the last completion. */
  completed_per_second: number;
  /** Seconds between the last run's creation and the last completion. */
  drain_s: number;
  /** Accepted triggers without exactly one successful run. */
  lost: number;
}

type BarePost = Exclude<BareKind, "get">;

/** A round, and what bare POSTs made right before it with as many connections. */
export interface ComparedRound extends TriggerRound {
  bare_per_second: Record<BarePost, number>;
}

/** Triggers so many runs several times, after as many to warm up; waits each time until all are executed. */
export async function triggerRounds(
  platform: Platform,
  workflow: string,
  runs: number,
  connections: number,
  repetitions = 3,
): Promise<ComparedRound[]> {
  await triggerRound(platform, workflow, runs, connections);
  return besideBare(["post", "schema"], connections, async (measure) => {
    const rounds: ComparedRound[] = [];
    for (let at = 0; at < repetitions; at++) {
      const bare_per_second = { post: await measure("post"), schema: await measure("schema") };
      rounds.push({ ...(await triggerRound(platform, workflow, runs, connections)), bare_per_second });
    }
    return rounds;
  });
}

/** Triggers so many runs once; waits until all are executed. */
export async function triggerRound(
  platform: Platform,
  workflow: string,
  requests: number,
  connections = CONNECTIONS,
): Promise<TriggerRound> {
  const { target } = platform;
  const since = await startCounting(target);
  const result = await triggerMany(platform, workflow, requests, connections);
  const runs = await waitForRuns(target, since, { patience: 120_000 });
  const seconds = (runs.last_completed_at - runs.first_created_at) / 1000;
  return {
    ...result,
    runs,
    completed_per_second: (runs.by_status.success ?? 0) / seconds,
    drain_s: Math.max(0, runs.last_completed_at - runs.last_created_at) / 1000,
    lost: missing(runs, result.ok),
  };
}

/** Median over the rounds, each by the bare POST that was measured beside it. */
export function shareOfBare(
  rounds: ComparedRound[],
  rateOf: (round: ComparedRound) => number,
  kind: BarePost = "post",
): number {
  const share = (round: ComparedRound) => rateOf(round) / round.bare_per_second[kind];
  return share(medianBy(rounds, share));
}
