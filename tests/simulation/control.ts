/** Runs that are asked to end, to stand still and to go on, while they are on their way. */

import type { ControlRequest, ControlResult } from "../../src/schemas/control/control.ts";
import { CANCELLED, interrupted } from "../../src/schemas/log/interrupted.ts";
import { parseLog, stepResultsText } from "../../src/schemas/log/log.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { RunRecord } from "../../src/storage/port.ts";
import type { Connection } from "./connection.ts";
import { withDefaults } from "./defaults.ts";
import { orderFaults } from "./order.ts";
import { compensationFaults } from "./reference/compensations.ts";
import { signalFaults } from "./signals.ts";
import { POISONED, type Workload } from "./workloads.ts";
import { type Asked, keyOf, type World } from "./world.ts";

const LONGEST_PAUSE = 15_000;

/** Some runs are cancelled and some are paused for a while, by a process that asks until it is answered. */
export function scheduleRequests(
  world: World,
  runs: string[],
  { api, span, wake }: { api: Connection; span: number; wake(run: string): void },
): void {
  const { random, scheduler } = world;
  for (const uuid of runs) {
    if (random.chance(0.15)) {
      scheduler.after(random.below(span), () => cancel(uuid, random.chance(0.7)));
      if (random.chance(0.2)) scheduler.after(random.below(span), () => cancel(uuid, false));
    }
    if (random.chance(0.15)) scheduler.after(random.below(span), () => pause(uuid));
  }

  function cancel(uuid: string, compensates: boolean): void {
    ask({ ...keyOf(uuid), kind: "cancel", ...(!compensates && { compensates }) }, (result) => {
      if (result === "over") return;
      if (!world.cancelled.has(uuid)) world.counts.cancels++;
      const before = world.cancelled.get(uuid);
      world.cancelled.set(uuid, {
        result: before?.result === "cancelled" ? before.result : result,
        compensates: compensates && (before?.compensates ?? true),
      });
    });
  }

  function pause(uuid: string): void {
    ask({ ...keyOf(uuid), kind: "pause" }, (result) => {
      if (result === "paused" || result === "requested") world.counts.pauses++;
      scheduler.after(random.below(LONGEST_PAUSE), () => ask({ ...keyOf(uuid), kind: "resume" }, () => {}));
    });
  }

  function ask(request: ControlRequest, said: (result: ControlResult) => void): void {
    const again = () => scheduler.after(100, () => ask(request, said));
    api
      .call("", async () => {
        const [outcome] = await world.storage.requestControl([request]);
        if (outcome?.kind !== "ok") return;
        world.note(`${request.kind} ${request.uuid}: ${outcome.value}`);
        said(outcome.value);
        if (random.chance(0.5)) wake(request.uuid);
      })
      .catch(again);
  }
}

/** What is wrong with a run that ended as cancelled: what had succeeded is undone, unless that was forbidden. */
export function cancelFaults(run: RunRecord, { id, steps, options }: Workload, { compensates }: Asked): string[] {
  if (POISONED.includes(id)) return [];
  // One that no worker held leaves its results to its log.
  const text = run.stepResults ?? stepResultsText(interrupted(parseLog(run.log), CANCELLED, run.completedAt ?? 0));
  const results: Record<string, StepResult> = JSON.parse(text);
  const faults = [...orderFaults(withDefaults(steps, options?.defaults), "", results), ...signalFaults(results)];
  if (run.error !== null && run.error !== CANCELLED.error) faults.push(`says that ${run.error}`);
  for (const { step_name, status } of Object.values(results)) {
    if (status === "running" && run.stepResults !== null) faults.push(`${step_name} is running although it ended`);
  }
  if (compensates) faults.push(...compensationFaults(steps, results, false));
  return faults;
}
