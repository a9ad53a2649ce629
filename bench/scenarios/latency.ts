import { createTransformWorkflow } from "../api.ts";
import { FLOORS } from "../floors.ts";
import { medianBy } from "../percentiles.ts";
import { type Measured, measure, type Platform, withPlatform } from "../platform.ts";
import { busyNotes, type Outcome, processRows, type Session } from "../scenario.ts";
import type { Table } from "../table.ts";

const RUNS = 2000;

/** Trigger to completed, one at a time, `RUNS` runs, three times. */
export async function latencyRounds(platform: Platform): Promise<Measured[]> {
  const workflow = await createTransformWorkflow(platform.target, 3);
  const rounds: Measured[] = [];
  for (let at = 0; at < 3; at++) {
    rounds.push(
      await measure(platform, {
        kind: "latency",
        target: platform.target,
        workflow_id: workflow,
        runs: RUNS,
        warm_runs: 300,
      }),
    );
  }
  return rounds;
}

/** Wall time from sending a trigger to the first answer that shows the run ended. */
export async function latency(session: Session): Promise<Outcome> {
  session.progress(`latency: three times ${RUNS} runs, one at a time`);
  const rounds = await withPlatform(session.settings.url, latencyRounds);
  const middle = medianBy(rounds, (round) => round.latency.p99);
  const inside = middle.more.inside_the_server;
  const table: Table = {
    title: `latency: trigger to completed, one at a time, ${RUNS} runs of 3 transform steps, median of three`,
    rows: [
      { figure: "p50", ours: middle.latency.p50, unit: "ms", floor: FLOORS.latency_p50_ms },
      { figure: "p95", ours: middle.latency.p95, unit: "ms" },
      { figure: "p99", ours: middle.latency.p99, unit: "ms", floor: FLOORS.latency_p99_ms },
      { figure: "max", ours: middle.latency.max, unit: "ms" },
      { figure: "polls per run", ours: middle.more.polls_per_run?.mean ?? 0, unit: "" },
      ...(inside === undefined || inside.count === 0
        ? []
        : [
            { figure: "completed_at − created_at p50", ours: inside.p50, unit: "ms" },
            { figure: "completed_at − created_at p99", ours: inside.p99, unit: "ms" },
          ]),
      {
        figure: "not succeeded",
        ours: rounds.reduce((sum, round) => sum + round.expected - round.ok, 0),
        unit: "",
        floor: FLOORS.errors,
      },
      ...processRows(middle),
    ],
    notes: [
      ...rounds.map(
        (round, at) =>
          `round ${at + 1}: p50 ${round.latency.p50.toFixed(2)}, p99 ${round.latency.p99.toFixed(2)}, max ${round.latency.max.toFixed(1)} ms`,
      ),
      ...rounds.flatMap((round) => round.refusals),
      ...busyNotes(rounds),
    ],
  };
  return { tables: [table], measured: rounds };
}
