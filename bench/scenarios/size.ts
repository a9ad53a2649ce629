import { createTransformWorkflow, newestRun, waitForRuns } from "../api.ts";
import { FLOORS } from "../floors.ts";
import { runJob } from "../jobs.ts";
import { medianBy } from "../percentiles.ts";
import { type Platform, withPlatform } from "../platform.ts";
import { type Outcome, otherCores, type Session } from "../scenario.ts";
import type { Row } from "../table.ts";
import { steadyFlow } from "./flow.ts";
import { latencyRounds } from "./latency.ts";
import { CONNECTIONS, triggerRequest } from "./limits.ts";
import { triggerRounds } from "./triggers.ts";

const STORED = 1_000_000;

interface Figures {
  triggers_per_second: number;
  completed_per_second: number;
  latency_p50_ms: number;
  latency_p99_ms: number;
  flow_per_second: number;
  /** Cores that others used while the triggers were measured, at worst. */
  other_cores: number;
}

/** What must not grow worse with the number of runs stored. The flow and the latency go first: they store the least. */
async function figures(platform: Platform): Promise<Figures> {
  const { middle } = await steadyFlow(platform, 1000);
  const one = medianBy(await latencyRounds(platform), (round) => round.latency.p50);
  const rounds = await triggerRounds(platform, 3000);
  return {
    triggers_per_second: medianBy(rounds, (round) => round.per_second).per_second,
    completed_per_second: medianBy(rounds, (round) => round.completed_per_second).completed_per_second,
    latency_p50_ms: one.latency.p50,
    latency_p99_ms: one.latency.p99,
    flow_per_second: middle.per_second,
    other_cores: Math.max(otherCores(middle), otherCores(one), ...rounds.map(otherCores)),
  };
}

/** Triggers through HTTP until `STORED` runs are stored and ended. */
async function fill(platform: Platform, progress: (text: string) => void): Promise<number> {
  const { target } = platform;
  const request = triggerRequest(await createTransformWorkflow(target, 3));
  let stored = 0;
  while (stored < STORED) {
    progress(`size: ${stored.toLocaleString("en-US")} of ${STORED.toLocaleString("en-US")} runs stored`);
    const since = await newestRun(target);
    const result = await runJob({
      kind: "closed",
      target,
      request,
      connections: CONNECTIONS,
      warm_ms: 0,
      measure_ms: 10_000,
    });
    const runs = await waitForRuns(target, since, 300_000);
    const success = runs.by_status.success ?? 0;
    if (success === 0 || success < result.ok) throw new Error(`${result.ok} accepted, ${success} succeeded`);
    stored += success;
  }
  return stored;
}

/** Triggers, latency and flow with 0 and with 1,000,000 stored runs. Runs only when named: it takes minutes. */
export async function size(session: Session): Promise<Outcome> {
  if (session.settings.url !== undefined) throw new Error("size fills a platform of its own: leave --url out");
  session.progress("size: nothing stored");
  const empty = await withPlatform(undefined, figures);
  const { full, stored } = await withPlatform(undefined, async (platform) => {
    const count = await fill(platform, session.progress);
    session.progress(`size: ${count.toLocaleString("en-US")} runs stored`);
    return { full: await figures(platform), stored: count };
  });
  const rate = (figure: string, before: number, after: number): Row[] => [
    { figure: `${figure}, 0 stored`, ours: before, unit: "/s" },
    { figure: `${figure}, 1,000,000 stored`, ours: after, unit: "/s" },
    { figure: "  ratio", ours: after / before, unit: "", floor: FLOORS.size_rate },
  ];
  const rows: Row[] = [
    ...rate("triggers", empty.triggers_per_second, full.triggers_per_second),
    ...rate("completed", empty.completed_per_second, full.completed_per_second),
    ...rate("flow, 1,000 users", empty.flow_per_second, full.flow_per_second),
    { figure: "trigger to completed p50, 0 stored", ours: empty.latency_p50_ms, unit: "ms" },
    { figure: "trigger to completed p50, 1,000,000 stored", ours: full.latency_p50_ms, unit: "ms" },
    { figure: "  ratio", ours: full.latency_p50_ms / empty.latency_p50_ms, unit: "", floor: FLOORS.size_latency },
    { figure: "trigger to completed p99, 0 stored", ours: empty.latency_p99_ms, unit: "ms" },
    { figure: "trigger to completed p99, 1,000,000 stored", ours: full.latency_p99_ms, unit: "ms" },
    { figure: "everything else on the machine, 0 stored, at worst", ours: empty.other_cores, unit: "cores" },
    { figure: "everything else on the machine, 1,000,000 stored, at worst", ours: full.other_cores, unit: "cores" },
  ];
  return {
    tables: [{ title: "size: the same figures with 1,000,000 runs in the file", rows, notes: [] }],
    measured: { empty, full, stored },
  };
}
