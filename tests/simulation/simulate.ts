import type { StepTypes } from "../../src/connectors/index.ts";
import { parseLog } from "../../src/schemas/log.ts";
import type { StepResult } from "../../src/schemas/run.ts";
import type { EndedRun, InsertedRun, NewRun, RunRecord, Storage } from "../../src/storage/port.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import { orderFaults } from "./order.ts";
import { randomWorkload } from "./random-definitions.ts";
import { outcomeFaults } from "./reference.ts";
import { ProcessClock, Random, Scheduler } from "./scheduler.ts";
import { LEASE_MILLISECONDS, SimulatedWorker } from "./worker.ts";
import { POISONED, SHORT, WORKLOADS, type Workload } from "./workloads.ts";
import { keyOf, World } from "./world.ts";

const TRIGGERS = 12;
/** Workflows that nobody thought of, in each seed. */
const RANDOM = 6;
const TRIGGER_SPAN = 20_000;
const FAULTS_END = 90_000;
/** The longest workload sleeps 53 s; a run that was lost at the last fault waits a lease, and may crash again in it. */
const SETTLED = FAULTS_END + 10 * LEASE_MILLISECONDS;

export interface Report {
  seed: number;
  violations: string[];
  trace: string[];
  counts: World["counts"];
  runs: number;
}

/** Plays one seed from beginning to end. The same seed gives the same report. */
export async function simulate(seed: number, types: StepTypes): Promise<Report> {
  const random = new Random(seed);
  const scheduler = new Scheduler(random);
  const storage = openMemoryStorage(new ProcessClock(scheduler));
  const world = new World(scheduler, random, storage);
  const start = scheduler.time;
  const workloads = [
    ...WORKLOADS,
    ...Array.from({ length: RANDOM }, (_, index) => randomWorkload(`random ${index}`, random)),
  ];
  await storage.insertWorkflows(
    workloads.map(({ id, steps }, index) => ({
      uuid: uuid("f", index),
      namespace: "default",
      id,
      name: id,
      description: null,
      steps: JSON.stringify(steps),
    })),
  );
  const workers = Array.from({ length: 2 }, (_, index) => new SimulatedWorker(`w${index}`, world, types));
  const expected = scheduleTriggers(world, workers, workloads);
  scheduleFaults(world, workers, types);
  scheduleCancels(world, [...expected.keys()]);
  let open = true;
  const watch = () =>
    void allEnded(storage, [...expected.keys()]).then((ended) => {
      open = !ended;
      if (open) scheduler.after(5000, watch);
    });
  scheduler.after(TRIGGER_SPAN + 3000, watch);
  await scheduler.runUntil(start + SETTLED, () => !open);
  for (const [id, workload] of expected) {
    const [run] = await storage.findRuns([keyOf(id)]);
    const cancelled = world.cancelled.get(id);
    if (cancelled === "cancelled" && run?.status !== "cancelled") world.violation(`run ${id} ended once more`);
    if (cancelled !== undefined && run?.status === "cancelled") continue;
    for (const problem of problemsOf(run ?? null, workload)) world.violation(`run ${id} (${workload.id}): ${problem}`);
  }
  await storage.close();
  return { seed, violations: world.violations, trace: world.trace, counts: world.counts, runs: expected.size };
}

/** Triggers at random times, each with a message that may be lost, late, doubled, or for the wrong worker. */
function scheduleTriggers(
  world: World,
  workers: SimulatedWorker[],
  workloads: readonly Workload[],
): Map<string, Workload> {
  const { random, scheduler, storage } = world;
  const expected = world.workloads;
  for (let index = 0; index < TRIGGERS; index++) {
    const workload = random.pick(random.chance(0.5) ? SHORT : workloads);
    const id = uuid("a", index);
    expected.set(id, workload);
    scheduler.after(random.below(TRIGGER_SPAN), () => {
      world.note(`trigger ${id} ${workload.id}`);
      const payload = JSON.stringify({ n: index });
      const owner = random.pick(workers);
      const reservation = random.chance(0.5) ? owner.reserve() : null;
      const coming: NewRun = {
        uuid: id,
        namespace: "default",
        workflow: workload.id,
        payload,
        depth: 0,
        graceMilliseconds: 2000,
        claim: reservation?.claim ?? null,
        ended: null,
      };
      const store = once(async (ended: EndedRun | null) => {
        const inserted = await insert(storage, { ...coming, ended });
        if (inserted.ended) world.counts.ahead++;
        if (reservation === null) return;
        const { workflowUuid, workflowVersion } = inserted;
        const claimed = {
          uuid: id,
          workflowUuid,
          workflowVersion,
          payload,
          log: "[]",
          logLength: 0,
          token: 1,
          crashes: 0,
          depth: 0,
        };
        if (inserted.claimed) world.claimed([claimed]);
        else if (!inserted.ended) return owner.clock.deliver(() => reservation.release());
        // The process may be gone, or stopped for a while, before it hears of it.
        const heard = () => reservation.stored(coming, inserted, inserted.ended ? ended : null);
        scheduler.after(random.below(5), () => owner.clock.deliver(heard));
      });
      if (reservation !== null) owner.executeAhead(coming)?.then(store);
      // Without a worker, or one that answers in time: the client would ask another process.
      scheduler.after(reservation === null ? 0 : 100, () => store(null));
      if (random.chance(0.2)) world.counts.lostMessages++;
      else send();
      if (random.chance(0.2)) send();
      function send(): void {
        scheduler.after(random.below(random.chance(0.2) ? 10_000 : 20), () => {
          const stored = random.chance(0.3) ? null : { version: random.chance(0.1) ? 2 : 1, payload };
          if (stored !== null && random.chance(0.1)) stored.payload = JSON.stringify({ n: -1 });
          const named = random.chance(0.1) ? random.pick(workloads) : workload;
          const workflowId = uuid("f", workloads.indexOf(named));
          random.pick(workers).message({ runId: id, workflowId, stored });
        });
      }
    });
  }
  return expected;
}

async function insert(storage: Storage, run: NewRun): Promise<InsertedRun> {
  const [outcome] = await storage.insertRuns([run]);
  if (outcome?.kind !== "ok") throw new Error(`the simulation's insert of ${run.uuid} failed`);
  return outcome.value;
}

/** The same, the first time that it is called. */
function once<Argument>(work: (argument: Argument) => void): (argument: Argument) => void {
  let done = false;
  return (argument) => {
    if (!done) work(argument);
    done = true;
  };
}

/** Some runs are cancelled while they are on their way. */
function scheduleCancels(world: World, runs: string[]): void {
  const { random, scheduler } = world;
  for (const uuid of runs) {
    if (!random.chance(0.15)) continue;
    scheduler.after(random.below(TRIGGER_SPAN + 10_000), async () => {
      const [outcome] = await world.storage.requestControl([{ ...keyOf(uuid), kind: "cancel" }]);
      if (outcome?.kind !== "ok") return;
      world.note(`cancel ${uuid}: ${outcome.value}`);
      if (outcome.value === "over") return;
      world.counts.cancels++;
      world.cancelled.set(uuid, outcome.value);
    });
  }
}

/** Crashes, freezes beyond the lease, and orderly restarts, until the world calms down. */
function scheduleFaults(world: World, workers: SimulatedWorker[], types: StepTypes): void {
  const { random, scheduler } = world;
  scheduler.after(FAULTS_END, () => {
    world.faulty = false;
  });
  for (let fault = 0; fault < 6; fault++) {
    scheduler.after(random.below(FAULTS_END), () => {
      const index = random.below(workers.length);
      const worker = workers[index];
      if (worker === undefined) return;
      const restart = () =>
        scheduler.after(random.below(3000), () => {
          workers[index] = new SimulatedWorker(`${worker.name}'`, world, types);
        });
      const kind = random.below(3);
      world.note(`${["crash", "freeze", "restart"][kind]} ${worker.name}`);
      if (kind === 0) {
        world.counts.crashes++;
        worker.crash();
        restart();
      } else if (kind === 1) {
        world.counts.freezes++;
        worker.clock.freeze(random.below(2 * LEASE_MILLISECONDS));
      } else {
        world.counts.restarts++;
        worker.stop(restart);
      }
    });
  }
}

async function allEnded(storage: Storage, ids: string[]): Promise<boolean> {
  const runs = await storage.findRuns(ids.map(keyOf));
  return runs.every((run) => run !== null && run.completedAt !== null);
}

/** What is wrong with how a run ended. */
function problemsOf(run: RunRecord | null, { id, steps, status }: Workload): string[] {
  if (run === null) return ["is gone"];
  if (run.status !== status) return [`ended as ${run.status} (${run.error}) instead of ${status}; log ${run.log}`];
  const problems: string[] = [];
  const results: Record<string, StepResult> = JSON.parse(run.stepResults ?? "{}");
  problems.push(...orderFaults(steps, "", results), ...(id === POISONED ? [] : outcomeFaults(steps, "", results)));
  const { n }: { n: number } = JSON.parse(run.payload);
  for (const result of Object.values(results)) {
    const from = /"from":(-?\d+)/.exec(JSON.stringify(result.output))?.[1];
    if (from !== undefined && Number(from) !== n) {
      problems.push(`${result.step_name} was executed with another payload`);
    }
  }
  if (parseLog(run.log).length > 0) problems.push("shows its log although it ended");
  return problems;
}

function uuid(kind: string, index: number): string {
  return `0190000${kind}-0000-7000-8000-${index.toString(16).padStart(12, "0")}`;
}
