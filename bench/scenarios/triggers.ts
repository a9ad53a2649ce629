import { createTransformWorkflow, newestRun, type RunCount, waitForRuns } from "../api.ts";
import { FLOORS } from "../floors.ts";
import { medianBy } from "../percentiles.ts";
import { type Measured, measure, type Platform, withPlatform } from "../platform.ts";
import { busyNotes, type Outcome, otherCores, processRows, type Session } from "../scenario.ts";
import type { Table } from "../table.ts";
import { CONNECTIONS, triggerRequest } from "./limits.ts";

/** One repetition: triggers for a while, then every one of them executed. */
export interface TriggerRound extends Measured {
  runs: RunCount;
  /** Runs in status success per second, from the first trigger to the last completion. */
  completed_per_second: number;
  /** Seconds between the last trigger's answer and the last completion. */
  drain_s: number;
  /** Accepted triggers without exactly one successful run. */
  lost: number;
}

/** Triggers for `milliseconds`, three times, after warming up; waits each time until all is executed. */
export async function triggerRounds(platform: Platform, milliseconds: number): Promise<TriggerRound[]> {
  const { target } = platform;
  const workflow = await createTransformWorkflow(target, 3);
  const load = (measure_ms: number) =>
    measure(platform, {
      kind: "closed",
      target,
      request: triggerRequest(workflow),
      connections: CONNECTIONS,
      warm_ms: 0,
      measure_ms,
    });
  const beforeWarming = await newestRun(target);
  await load(1000);
  await waitForRuns(target, beforeWarming);
  const rounds: TriggerRound[] = [];
  for (let at = 0; at < 3; at++) {
    const since = await newestRun(target);
    const result = await load(milliseconds);
    const runs = await waitForRuns(target, since);
    const success = runs.by_status.success ?? 0;
    const all = Object.values(runs.by_status).reduce((sum, count) => sum + count, 0);
    const seconds = (runs.last_completed_at - result.started_at) / 1000;
    rounds.push({
      ...result,
      runs,
      completed_per_second: success / Math.max(seconds, result.wall_s),
      drain_s: Math.max(0, seconds - result.wall_s),
      // More runs than accepted triggers are as wrong as fewer.
      lost: Math.abs(result.ok - success) + Math.abs(all - success) + runs.repeated,
    });
  }
  return rounds;
}

/** Durable triggers over HTTP as fast as they go, every one of them also executed. */
export async function triggers(session: Session): Promise<Outcome> {
  const { post } = await session.bareServers();
  session.progress("triggers: three times 8 s, each with its drain");
  const rounds = await withPlatform(session.settings.url, (platform) => triggerRounds(platform, 8000));
  const middle = medianBy(rounds, (round) => round.per_second);
  const worst = (figure: (round: TriggerRound) => number) => Math.max(...rounds.map(figure));
  const table: Table = {
    title: `triggers: durable, over HTTP, ${CONNECTIONS} connections, 3 transform steps, median of three`,
    rows: [
      { figure: "triggers answered with 200", ours: middle.per_second, unit: "/s" },
      { figure: "runs completed, drain included", ours: middle.completed_per_second, unit: "/s" },
      {
        figure: "triggers ÷ bare POST",
        ours: middle.per_second / post.per_second,
        unit: "",
        floor: FLOORS.triggers_to_bare_post,
      },
      {
        figure: "completed ÷ bare POST",
        ours: middle.completed_per_second / post.per_second,
        unit: "",
        floor: FLOORS.triggers_to_bare_post,
      },
      { figure: "drain after the last trigger", ours: middle.drain_s, unit: "s" },
      { figure: "trigger p50", ours: middle.latency.p50, unit: "ms" },
      { figure: "trigger p99", ours: middle.latency.p99, unit: "ms" },
      {
        figure: "accepted but not succeeded once",
        ours: worst((round) => round.lost),
        unit: "",
        floor: FLOORS.runs_lost,
      },
      {
        figure: "errors (all rounds)",
        ours: rounds.reduce((sum, round) => sum + round.expected - round.ok, 0),
        unit: "",
        floor: FLOORS.errors,
      },
      ...processRows(middle),
    ],
    notes: [
      ...rounds.map(
        (round, at) =>
          `round ${at + 1}: ${Math.round(round.per_second)}/s, ${round.ok} accepted, ${JSON.stringify(round.runs.by_status)}, errors ${JSON.stringify(round.errors)}, others used ${otherCores(round).toFixed(2)} cores`,
      ),
      ...rounds.flatMap((round) => round.refusals),
      ...busyNotes([...rounds, post]),
    ],
  };
  return { tables: [table], measured: rounds };
}
