/** Runs that are over and are tried again: what they did is not done once more. */
import { planRetry, type RetryPlan } from "../../src/language/retrying/plan.ts";
import { parseLog } from "../../src/schemas/log/log.ts";
import { resultsTextOf } from "../../src/schemas/runs/results.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { RunRecord } from "../../src/storage/port.ts";
import type { Connection } from "./connection.ts";
import { POISONED, type Workload } from "./workloads.ts";
import { keyOf, uuidOf, type World } from "./world.ts";

/** A run that has not ended by then is not retried. */
const LOOKS = 20;
const LOOK_MILLISECONDS = 3000;

/** Some runs are tried again once they are over, from where they failed or from a step at the top. */
export function scheduleRetries(
  world: World,
  runs: readonly string[],
  { api, span, wake }: { api: Connection; span: number; wake(run: string): void },
): void {
  const { random, scheduler } = world;
  const left = new Set<string>();
  for (const [index, uuid] of runs.entries()) {
    const workload = world.workloads.get(uuid);
    if (workload === undefined || POISONED.includes(workload.id) || !random.chance(0.2)) continue;
    // Nobody sends it signals.
    if (JSON.stringify(workload.steps).includes('"wait"')) continue;
    left.add(uuidOf("6", index));
    scheduler.after(random.below(span), () => look(uuid, workload, uuidOf("6", index), LOOKS));
  }

  world.retriesLeft = left.size;

  function look(uuid: string, workload: Workload, retry: string, looks: number): void {
    const again = () => scheduler.after(LOOK_MILLISECONDS, () => look(uuid, workload, retry, looks - 1));
    api
      .call("", async () => {
        const [run] = await world.storage.findRuns([keyOf(uuid)]);
        if (run === null || run === undefined || run.completedAt === null) {
          if (looks > 0) return again();
          left.delete(retry);
          world.retriesLeft = left.size;
          return;
        }
        await store(run, workload, retry);
      })
      .catch(again);
  }

  async function store(run: RunRecord, workload: Workload, uuid: string): Promise<void> {
    const begun = workload.steps.filter(({ name }) => JSON.parse(resultsTextOf(run))[name] !== undefined);
    const from = begun.length > 0 && random.chance(0.3) ? random.pick(begun).name : null;
    const plan = await planOf(run, workload, from);
    left.delete(uuid);
    world.retriesLeft = left.size;
    if ("fault" in plan) return world.note(`retry of ${run.uuid} refused: ${plan.fault}`);
    const item = { ...keyOf(uuid), workflowUuid: run.workflowUuid, version: run.workflowVersion, payload: run.payload };
    const more = {
      depth: 0,
      traceparent: null,
      retryOf: run.uuid,
      log: plan.log,
      ...(workload.turn && { turn: workload.turn }),
    };
    const [outcome] = await world.storage.insertRetries([{ ...item, ...more }]);
    if (outcome?.kind !== "ok") return world.violation(`retry of ${run.uuid} was not stored`);
    world.note(`retry ${uuid} of ${run.uuid} (${workload.id}): ${plan.willRun.join(", ")}`);
    // Its answer may be lost, and it is asked for again.
    if (!world.workloads.has(uuid)) {
      world.counts.retries++;
      world.workloads.set(uuid, workload);
      world.turns.stored(uuid);
    }
    if (random.chance(0.5)) wake(uuid);
  }

  async function planOf(run: RunRecord, { steps }: Workload, from: string | null): Promise<RetryPlan> {
    const [history] = await world.storage.findHistory([{ ...keyOf(run.uuid), rows: 0 }]);
    const results: Record<string, StepResult> = JSON.parse(resultsTextOf(run));
    const definition = JSON.parse(JSON.stringify(steps));
    return planRetry({
      names: steps.map(({ name }) => name),
      log: parseLog(history?.entries ?? "[]"),
      results: Object.values(results),
      ...{ old: definition, now: definition, from, hasSucceeded: run.status === "success" },
    });
  }
}
