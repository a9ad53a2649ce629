import { createWorkflow } from "../load/api.ts";
import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import { seenBySink } from "../load/ledger.ts";
import { triggerMany } from "../load/trigger.ts";
import { serve } from "../platform/processes.ts";
import { requireLoopback } from "../platform/target.ts";
import type { Row } from "../report/table.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session } from "../scenario.ts";

const RUNS = 10_000;

/** Runs of one POST each to a sink of ours, which writes down whom it has seen how often. */
export async function webhook(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { target } = platform;
    requireLoopback(target);
    session.progress(`webhook: ${RUNS.toLocaleString("en-US")} runs of one POST`);
    const sink = await serve(["bench/sink.ts"]);
    try {
      const url = `http://${sink.target.host}:${sink.target.port}/hook`;
      const step = { name: "post", type: "webhook", config: { url, method: "POST", body: { from: "bench" } } };
      const workflow = await createWorkflow(target, [step]);
      const since = await startCounting(target);
      const watched = { ...platform, pids: { ...platform.pids, sink: sink.pid } };
      const result = await triggerMany(watched, workflow, RUNS);
      const uuids: string[] = [];
      const runs = await waitForRuns(target, since, { patience: 120_000, each: ({ uuid }) => uuids.push(uuid) });
      const seen = await seenBySink(sink.target, uuids, 1);
      const rows: Row[] = [
        {
          figure: "completed, first trigger to last end",
          ours: ((runs.by_status.success ?? 0) * 1000) / (runs.last_completed_at - runs.first_created_at),
          unit: "/s",
          better: "higher",
          bound: "post",
        },
        { figure: "triggers answered with 200", ours: result.per_second, unit: "/s" },
        {
          figure: "last end after the last trigger",
          ours: (runs.last_completed_at - runs.last_created_at) / 1000,
          unit: "s",
        },
        { figure: "trigger to completed p50", ours: runs.took.p50, unit: "ms" },
        { figure: "trigger to completed p99", ours: runs.took.p99, unit: "ms" },
        { figure: "webhooks that never came", ours: seen.never, unit: "", floor: session.floor("runs_lost") },
        { figure: "webhooks that came again", ours: seen.again, unit: "" },
        ...lossRows(session, result.expected - result.ok, missing(runs, result.ok)),
        ...memoryRows(session, result),
      ];
      return {
        tables: [
          {
            title: `webhook: ${RUNS.toLocaleString("en-US")} runs of one POST to a sink on this machine`,
            rows,
            notes: [...seen.notes, ...result.refusals, ...busyNotes([result])],
          },
        ],
        columns: [column("webhook", result)],
        measured: { result, runs, ...seen },
      };
    } finally {
      await sink.stop();
    }
  });
}
