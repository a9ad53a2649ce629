import { missing, startCounting, waitForRuns } from "../counting.ts";
import { type Bare, measureBare } from "../limits/bare.ts";
import { medianBy } from "../percentiles.ts";
import type { Platform } from "../platform.ts";
import { pureWorkflow } from "../pure.ts";
import { type Outcome, otherCores, type Session } from "../scenario.ts";
import type { Row } from "../table.ts";
import { triggerMany } from "../trigger.ts";
import { middleOf, steadyFlow } from "./flow.ts";
import { latencyAlone } from "./latency.ts";
import { triggerRounds } from "./runs.ts";

const STORED = [0, 100_000, 1_000_000];
const PORTION = 50_000;
const ROUND = 10_000;

/** What must not grow worse with the number of runs stored. */
interface Figures {
  stored: number;
  /** The bare servers' rates at that time: minutes lie between these figures, and the machine changes meanwhile. */
  bare: { get: number; post: number };
  flow_per_second: number;
  flow_p99_ms: number;
  completed_per_second: number;
  latency_p50_ms: number;
  /** Cores that others used meanwhile, at worst. */
  other_cores: number;
}

/** The flow, runs and latency with 0, 100,000 and 1,000,000 stored runs. Runs only when named: it takes minutes. */
export async function size(session: Session): Promise<Outcome> {
  if (session.settings.url !== undefined) throw new Error("size fills a platform of its own: leave --url out");
  return session.withPlatform(async (platform) => {
    const { workflow } = await pureWorkflow(session, platform.target);
    // The first flow of a fresh process is slower than any later one.
    await steadyFlow(platform, 1000);
    const all: Figures[] = [];
    let stored = 0;
    for (const wanted of STORED) {
      stored = await fill(session, platform, workflow, stored, wanted);
      session.progress(`size: ${stored.toLocaleString("en-US")} runs stored`);
      all.push(await figures(platform, workflow, stored, await measureBare(session.progress)));
      // The measuring stored some as well.
      stored += 3 * 5 * 1000 + 3 * ROUND;
    }
    const rows: Row[] = [
      ...rowsOf(session, all, "flow, 1,000 users", "/s", "flat_rate", (one) => one.flow_per_second, "get"),
      ...rowsOf(session, all, "flow, 1,000 users, p99", "ms", "flat_cost", (one) => one.flow_p99_ms, "get"),
      ...rowsOf(session, all, "runs completed", "/s", "flat_rate", (one) => one.completed_per_second, "post"),
      ...rowsOf(session, all, "trigger to completed p50", "ms", "flat_cost", (one) => one.latency_p50_ms),
      ...all.map(({ stored: count, other_cores }) => ({
        figure: `everything else on the machine, ${count.toLocaleString("en-US")} stored, at worst`,
        ours: other_cores,
        unit: "cores",
      })),
    ];
    return {
      tables: [{ title: "size: the same figures with more and more runs stored", rows, notes: [SCALED] }],
      columns: [],
      measured: all,
    };
  });
}

async function figures(platform: Platform, workflow: string, stored: number, bare: Bare): Promise<Figures> {
  const flow = middleOf(await steadyFlow(platform, 1000));
  const alone = await latencyAlone(platform, workflow);
  const rounds = await triggerRounds(platform, workflow, ROUND);
  const runs = medianBy(rounds, (round) => round.completed_per_second);
  return {
    stored,
    bare: { get: bare.get.per_second, post: bare.post.per_second },
    flow_per_second: flow.per_second,
    flow_p99_ms: flow.latency.p99,
    completed_per_second: runs.completed_per_second,
    latency_p50_ms: alone.latency.p50,
    other_cores: Math.max(...[flow, alone, ...rounds].map(otherCores)),
  };
}

/** Triggers through HTTP until `wanted` runs are stored and ended; returns how many are. */
async function fill(session: Session, platform: Platform, workflow: string, from: number, wanted: number) {
  let stored = from;
  while (stored < wanted) {
    session.progress(`size: ${stored.toLocaleString("en-US")} of ${wanted.toLocaleString("en-US")} runs stored`);
    const since = await startCounting(platform.target);
    const { ok } = await triggerMany(platform, workflow, Math.min(PORTION, wanted - stored));
    const runs = await waitForRuns(platform.target, since, { patience: 300_000 });
    if (ok === 0 || missing(runs, ok) > 0) throw new Error(`${ok} accepted, ${JSON.stringify(runs.by_status)}`);
    stored += ok;
  }
  return stored;
}

const SCALED =
  "ratios of flow and runs are of shares of the bare server, measured anew with each number of stored runs";

/** A figure with each number of stored runs, and its ratio to that with none, by `bound` as comparisons are. */
function rowsOf(
  session: Session,
  all: Figures[],
  figure: string,
  unit: string,
  floor: "flat_rate" | "flat_cost",
  of: (one: Figures) => number,
  bound?: "get" | "post",
): Row[] {
  const first = all[0];
  return all.flatMap((one) => {
    const count = one.stored.toLocaleString("en-US");
    const row: Row = { figure: `${figure}, ${count} stored`, ours: of(one), unit };
    if (first === undefined || one === first) return [row];
    const speed = bound === undefined ? 1 : one.bare[bound] / first.bare[bound];
    const ratio = (of(one) / of(first)) * (floor === "flat_rate" ? 1 / speed : speed);
    const name = `${figure}, ${count} ÷ ${first.stored} stored`;
    return [row, { figure: name, ours: ratio, unit: "", floor: session.floor(floor) }];
  });
}
