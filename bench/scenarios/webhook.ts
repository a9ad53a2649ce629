import { ask, createWorkflow } from "../api.ts";
import { missing, startCounting, waitForRuns } from "../counting.ts";
import { serve } from "../processes.ts";
import { busyNotes, column, lossRows, memoryRows, type Outcome, type Session } from "../scenario.ts";
import type { Row } from "../table.ts";
import type { Target } from "../target.ts";
import { triggerMany } from "../trigger.ts";

const RUNS = 10_000;
const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+)$/;

interface Ledger {
  /** How often each webhook-id came. */
  ids: Record<string, number>;
  /** Calls without one: the original's. */
  nameless: number;
}

/** Runs of one POST each to a sink of ours, which writes down whom it has seen how often. */
export async function webhook(session: Session): Promise<Outcome> {
  return session.withPlatform(async (platform) => {
    const { target } = platform;
    // The sink listens on loopback, where a platform elsewhere would find nobody, or somebody else.
    if (!LOCAL.test(target.host)) throw new Error("the sink of webhooks can only be reached from this machine");
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
      const seen = await seenBySink(sink.target, uuids);
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
        { figure: "runs the sink never saw", ours: seen.never, unit: "", floor: session.floor("runs_lost") },
        { figure: "runs the sink saw more than once", ours: seen.again, unit: "" },
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

interface Seen {
  never: number;
  again: number;
  notes: string[];
}

/** What the sink has seen of these runs. A webhook-id begins with the run's uuid. */
async function seenBySink(sink: Target, uuids: string[]): Promise<Seen> {
  const { ids, nameless } = await ask<Ledger>(sink, "GET", "/ledger");
  if (nameless > 0) {
    // Without an id only their number can be judged.
    const note = `${nameless} webhooks came without a webhook-id: they are counted, not told apart`;
    const surplus = nameless - uuids.length;
    return { never: Math.max(0, -surplus), again: Math.max(0, surplus), notes: [note] };
  }
  const times = new Map(Object.entries(ids).map(([id, count]) => [id.split(":")[0], count]));
  return {
    never: uuids.filter((uuid) => !times.has(uuid)).length,
    again: uuids.filter((uuid) => (times.get(uuid) ?? 0) > 1).length,
    notes: [],
  };
}
