import { createWorkflow, PURE_STEPS } from "../load/api.ts";
import { missing, startCounting, waitForRuns } from "../load/counting.ts";
import { triggerMany } from "../load/trigger.ts";
import type { Platform } from "../platform/platform.ts";
import { medianBy } from "../report/percentiles.ts";
import type { Row } from "../report/table.ts";
import { type Outcome, otherCores, type Session, withEmbedded } from "../scenario.ts";
import { playFlow, ROUNDS, USERS } from "./flow.ts";
import { ALONE_RUNS, latencyAlone } from "./latency.ts";
import { triggerRound } from "./rounds.ts";

const STORED = [0, 100_000, 1_000_000];
const PORTION = 50_000;
const ROUND = 10_000;
const TURNS = 5;
const WARM_PLAYS = 3;
/** The measuring stores some as well. */
const STORED_BY_MEASURING = TURNS * (USERS * ROUNDS + ALONE_RUNS + ROUND);

/** A platform with a workflow of pure steps. */
interface Measured {
  platform: Platform;
  workflow: string;
}

/** What must not grow worse with the number of runs stored. */
interface Figures {
  flow_per_second: number;
  flow_p99_ms: number;
  completed_per_second: number;
  latency_p50_ms: number;
  /** Cores that others used meanwhile, at worst. */
  other_cores: number;
}

/** The platform's figures, and right before or after them those of one that is as good as empty. */
interface Turn {
  ours: Figures;
  empty: Figures;
}

interface Size {
  stored: number;
  turns: Turn[];
}

/**
 * The flow, runs and latency with 0, 100,000 and 1,000,000 stored runs. Minutes lie between them, in which a machine changes
 * more than what is looked for: so each figure is taken by turns with that of an empty embedded platform, and it is their
 * ratio that must not change. Runs only when named: it takes minutes.
 */
export async function size(session: Session): Promise<Outcome> {
  if (session.settings.url !== undefined) throw new Error("size fills a platform of its own: leave --url out");
  return session.withPlatform(async (platform) => {
    const ours = await warmed(platform);
    const sizes: Size[] = [];
    let stored = 0;
    for (const wanted of STORED) {
      stored = await fill(session, ours, stored, wanted);
      session.progress(`size: ${stored.toLocaleString("en-US")} runs stored, by turns with an empty platform`);
      const turns = await withEmbedded(async (empty) => takeTurns(ours, await warmed(empty)));
      sizes.push({ stored, turns });
      stored += STORED_BY_MEASURING;
    }
    const rows: Row[] = [
      ...rowsOf(session, sizes, "flow, 1,000 users", "/s", "flat_rate", (one) => one.flow_per_second),
      ...rowsOf(session, sizes, "flow, 1,000 users, p99", "ms", "flat_cost", (one) => one.flow_p99_ms),
      ...rowsOf(session, sizes, "runs completed", "/s", "flat_rate", (one) => one.completed_per_second),
      ...rowsOf(session, sizes, "trigger to completed p50", "ms", "flat_cost", (one) => one.latency_p50_ms),
      ...sizes.map(({ stored: count, turns }) => ({
        figure: `everything else on the machine, ${count.toLocaleString("en-US")} stored, at worst`,
        ours: Math.max(...turns.flatMap(({ ours: one, empty }) => [one.other_cores, empty.other_cores])),
        unit: "cores",
      })),
    ];
    return {
      tables: [{ title: "size: the same figures with more and more runs stored", rows, notes: [BY_TURNS] }],
      columns: [],
      measured: sizes,
    };
  });
}

/** The first flow of a fresh process is slower than any later one. What this stores is not counted: each platform has it. */
async function warmed(platform: Platform): Promise<Measured> {
  const workflow = await createWorkflow(platform.target, PURE_STEPS);
  for (let at = 0; at < WARM_PLAYS; at++) await playFlow(platform, USERS, ROUNDS);
  await triggerRound(platform, workflow, ROUND);
  return { platform, workflow };
}

async function takeTurns(ours: Measured, empty: Measured): Promise<Turn[]> {
  const turns: Turn[] = [];
  for (let at = 0; at < TURNS; at++) turns.push({ ours: await figures(ours), empty: await figures(empty) });
  return turns;
}

async function figures({ platform, workflow }: Measured): Promise<Figures> {
  const flow = await playFlow(platform, USERS, ROUNDS);
  const alone = await latencyAlone(platform, workflow);
  const runs = await triggerRound(platform, workflow, ROUND);
  return {
    flow_per_second: flow.per_second,
    flow_p99_ms: flow.latency.p99,
    completed_per_second: runs.completed_per_second,
    latency_p50_ms: alone.latency.p50,
    // Embedded, a platform that has nothing to do uses next to nothing; three APIs and workers some hundredths of a core.
    other_cores: Math.max(...[flow, alone, runs].map(otherCores)),
  };
}

/** Triggers through HTTP until `wanted` runs are stored and ended; returns how many are. */
async function fill(session: Session, { platform, workflow }: Measured, from: number, wanted: number) {
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

const BY_TURNS = `ratios are of shares of an empty embedded platform's figures, taken by turns: medians of ${TURNS}`;

/** A figure with each number of stored runs, and what its share of an empty platform's is of the share with none stored. */
function rowsOf(
  session: Session,
  sizes: Size[],
  figure: string,
  unit: string,
  floor: "flat_rate" | "flat_cost",
  of: (one: Figures) => number,
): Row[] {
  const first = sizes[0];
  return sizes.flatMap((one) => {
    const count = one.stored.toLocaleString("en-US");
    const row: Row = { figure: `${figure}, ${count} stored`, ours: medianOf(one, ({ ours }) => of(ours)), unit };
    if (first === undefined || one === first) return [row];
    const share = ({ ours, empty }: Turn) => of(ours) / of(empty);
    const name = `${figure}, ${count} ÷ ${first.stored} stored`;
    return [
      row,
      { figure: name, ours: medianOf(one, share) / medianOf(first, share), unit: "", floor: session.floor(floor) },
    ];
  });
}

function medianOf({ turns }: Size, figure: (turn: Turn) => number): number {
  return figure(medianBy(turns, figure));
}
