import type { StepTypes } from "../../src/connectors/index.ts";
import { type Options, preparesRuns } from "../../src/language/definition/options.ts";
import { parseLog } from "../../src/schemas/log/log.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { NewWorkflow, RunRecord, Storage } from "../../src/storage/port.ts";
import { allRuns, childFaults, haveEnded } from "./children.ts";
import { Connection } from "./connection.ts";
import { cancelFaults, scheduleRequests } from "./control.ts";
import { withDefaults } from "./defaults.ts";
import { openWorker, scheduleFaults, type Workers } from "./faults.ts";
import { type Ground, memoryGround } from "./ground.ts";
import { inputFaults } from "./inputs.ts";
import { orderFaults } from "./order.ts";
import { randomWorkload } from "./random-definitions.ts";
import { compensationFaults } from "./reference/compensations.ts";
import { runFaults } from "./reference/runs.ts";
import { scheduleRetries } from "./retries.ts";
import { STARTED_WORKLOADS } from "./run-workloads.ts";
import { ProcessClock, Random, Scheduler } from "./scheduler.ts";
import { scheduleSignals, signalFaults } from "./signals.ts";
import { scheduleTriggers } from "./triggers.ts";
import { LEASE_MILLISECONDS } from "./worker.ts";
import { POISONED, WORKLOADS, type Workload } from "./workloads.ts";
import { keyOf, uuidOf, World } from "./world.ts";

/** Workflows that nobody thought of, in each seed. */
const RANDOM = 6;
/** Seeds, of which one looks at the inputs of all runs. */
const FIXED_EVERY = 10;
const TRIGGER_SPAN = 20_000;
const FAULTS_END = 90_000;
/** The longest workload sleeps 53 s; a run whose holder died waits a lease, and two that kill theirs take five with them each. */
const SETTLED = FAULTS_END + 20 * LEASE_MILLISECONDS;

export interface Report {
  seed: number;
  violations: string[];
  trace: string[];
  counts: World["counts"];
  runs: number;
}

const memory = memoryGround();

/** Plays one seed from beginning to end. The same seed gives the same report. */
export async function simulate(seed: number, types: StepTypes, ground: Ground = memory): Promise<Report> {
  const random = new Random(seed);
  const scheduler = new Scheduler(random);
  const storage = await ground.empty(scheduler);
  const world = new World(scheduler, random, storage);
  const start = scheduler.time;
  const workloads = [
    ...WORKLOADS,
    ...Array.from({ length: RANDOM }, (_, index) => randomWorkload(`random ${index}`, random)),
  ];
  // Versions never change, so that no two seeds have one by the same name.
  const stored = [...workloads, ...STARTED_WORKLOADS];
  for (const [index, workload] of stored.entries()) world.uuids.set(workload, uuidOf("f", 1000 * seed + index));
  await storage.insertWorkflows(
    stored.map((workload) => ({
      uuid: world.uuidOf(workload),
      namespace: "default",
      id: workload.id,
      name: workload.id,
      description: null,
      steps: JSON.stringify(workload.steps),
      ...optionsOf(workload),
    })),
  );
  const api = new Connection(world, new ProcessClock(scheduler, random));
  const count = random.pick([2, 2, 3]);
  const workers: Workers = { world, types, at: [] };
  for (let index = 0; index < count; index++) openWorker(workers, index);
  const expected = scheduleTriggers(world, workers.at, workloads, { api, span: TRIGGER_SPAN });
  const wake = (run: string) => random.pick(workers.at).wake(run);
  scheduleSignals(world, { api, span: TRIGGER_SPAN + 10_000, workers: workers.at });
  scheduleFaults(workers, FAULTS_END);
  scheduleRetries(world, [...expected.keys()], { api, span: TRIGGER_SPAN + 30_000, wake });
  scheduleRequests(world, [...expected.keys()], { api, span: TRIGGER_SPAN + 10_000, wake });
  const open = [...expected.keys()];
  let isOver = false;
  const watch = async () => {
    await dropEnded(storage, open);
    isOver = open.length === 0 && world.retriesLeft === 0 && haveEnded(await allRuns(storage));
    if (!isOver) scheduler.after(5000, watch);
  };
  scheduler.after(TRIGGER_SPAN + 3000, watch);
  await scheduler.runUntil(start + SETTLED, () => isOver, ground.settled);
  const all = await allRuns(storage);
  for (const [id, workload] of expected) {
    const [run] = await storage.findRuns([keyOf(id)]);
    const cancelled = world.cancelled.get(id);
    if (cancelled?.result === "cancelled" && run?.status !== "cancelled") world.violation(`run ${id} ended once more`);
    // Of a run that is tried again children are those of the one before.
    const isRetry = run?.retryOf != null;
    if (run && !isRetry)
      for (const fault of childFaults(run, workload, all)) world.violation(`run ${id} (${workload.id}): ${fault}`);
    const problems =
      cancelled !== undefined && run?.status === "cancelled"
        ? cancelFaults(run, workload, cancelled)
        : problemsOf(run ?? null, workload, cancelled?.compensates ?? true);
    // Those that are the same in each seed are looked at in some.
    const isLookedAt = workload.id.startsWith("random ") || seed % FIXED_EVERY === 0;
    if (isLookedAt && run?.completedAt != null) problems.push(...(await inputFaults(run, workload, storage, types)));
    for (const problem of problems) world.violation(`run ${id} (${workload.id}): ${problem}`);
  }
  await world.turns.checkOrder();
  return { seed, violations: world.violations, trace: world.trace, counts: world.counts, runs: expected.size };
}

function optionsOf({ options, turn }: Workload): Pick<NewWorkflow, "options"> {
  const limits = turn && {
    ...(turn.most !== null && { concurrency: { limit: turn.most, on_limit: turn.onLimit } }),
    ...(turn.rate && { rate_limit: { limit: turn.rate.most, per: turn.rate.perMilliseconds / 1000 } }),
  };
  const all: Options = { ...options, ...limits };
  if (Object.keys(all).length === 0) return {};
  return { options: { text: JSON.stringify(all), preparesRuns: preparesRuns(all) } };
}

/** Takes runs that have ended off the end of a list. */
async function dropEnded(storage: Storage, runs: string[]): Promise<void> {
  for (let last = runs.at(-1); last !== undefined; last = runs.at(-1)) {
    const [run] = await storage.findRuns([keyOf(last)]);
    if (run === null || run === undefined || run.completedAt === null) return;
    runs.pop();
  }
}

/** What is wrong with how a run ended. `mayUndo`: nobody forbade that it is undone. */
function problemsOf(run: RunRecord | null, workload: Workload, mayUndo: boolean): string[] {
  if (run === null) return ["is gone"];
  const { id, steps, options, status } = workload;
  const results: Record<string, StepResult> = JSON.parse(run.stepResults ?? "{}");
  // What a retry keeps was done before what is around it began.
  const problems = run.retryOf === null ? orderFaults(withDefaults(steps, options?.defaults), "", results) : [];
  if (!POISONED.includes(id)) problems.push(...runFaults(run, workload));
  else if (run.status !== status) problems.push(`ended as ${run.status} (${run.error}); log ${run.log}`);
  if (!POISONED.includes(id) && mayUndo) problems.push(...compensationFaults(steps, results, run.status === "success"));
  const { n }: { n: number } = JSON.parse(run.payload);
  problems.push(...signalFaults(results));
  for (const result of Object.values(results)) {
    const from = /"from":(-?\d+)/.exec(JSON.stringify(result.output))?.[1];
    if (from !== undefined && Number(from) !== n) {
      problems.push(`${result.step_name} was executed with another payload`);
    }
  }
  if (parseLog(run.log).length > 0) problems.push("shows its log although it ended");
  return problems;
}
