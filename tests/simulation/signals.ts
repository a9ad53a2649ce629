/** Signals to simulated runs: each is sent until that is answered, and taken once at most. */
import { PlatformError } from "../../src/errors.ts";
import type { Step } from "../../src/language/definition/step.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { Connection } from "./connection.ts";
import { handlersOf, listsIn } from "./steps.ts";
import type { SimulatedWorker } from "./worker.ts";
import { keyOf, uuidOf, type World } from "./world.ts";

/** The name of all signals of random definitions. */
export const GO = "go";
/** The names that the waits of other definitions have; each is sent as often as it stands there. */
const NAMES = ["x", "y"];

const AGAIN_MILLISECONDS = 4000;

/** Sends each run as many signals as its waits need, and those of random definitions one more again and again. */
export function scheduleSignals(
  world: World,
  { api, span, workers }: { api: Connection; span: number; workers: readonly SimulatedWorker[] },
): void {
  const { random, scheduler } = world;
  let sent = 0;
  for (const [run, { steps }] of world.workloads) {
    const names = signalsIn(steps);
    for (const name of names.filter((one) => NAMES.includes(one))) {
      const id = uuidOf("5", sent++);
      scheduler.after(random.below(span), () => send(run, name, id));
    }
    if (!names.includes(GO)) continue;
    const again = () => {
      if (world.hasEnded(run)) return;
      send(run, GO, uuidOf("5", sent++));
      scheduler.after(random.below(AGAIN_MILLISECONDS), again);
    };
    scheduler.after(random.below(span), again);
  }

  function send(run: string, name: string, id: string): void {
    const again = () => scheduler.after(200, () => send(run, name, id));
    const owner = random.pick(workers);
    const reservation = random.chance(0.5) ? owner.reserve() : null;
    const claim = reservation?.claim ? { claim: reservation.claim } : {};
    const release = () => owner.clock.deliver(() => reservation?.release());
    api
      .call("", async () => {
        const key = keyOf(run);
        const requestKey = { namespace: key.namespace, route: `signals ${run}`, key: id, hash: id };
        const signal = { ...key, id, requestKey, name, waiting: [], body: JSON.stringify({ id }), ...claim };
        const [outcome] = await world.storage.putSignals([signal]);
        const claimed = outcome?.kind === "ok" ? outcome.value.claimed : undefined;
        if (claimed !== undefined) world.claimed([claimed]);
        // It may be triggered later.
        if (outcome?.kind === "error" && outcome.code === "run_not_found") again();
        if (outcome?.kind !== "ok") return undefined;
        world.counts.signals++;
        world.note(`signal ${name} ${id.slice(-4)} to ${run}`);
        if (claimed === undefined && random.chance(0.5)) random.pick(workers).wake(run);
        return claimed;
      })
      .then((claimed) => {
        // The process may be gone, or stopped for a while, before it hears of it.
        const heard = () => claimed !== undefined && reservation?.woken(claimed);
        if (claimed !== undefined) scheduler.after(random.below(5), () => owner.clock.deliver(heard));
      })
      .finally(() => scheduler.after(5, release))
      .catch((error: unknown) => {
        if (!(error instanceof PlatformError)) throw error;
        again();
      });
  }
}

/** The names that the waits of steps have, each as often as it stands there. */
function signalsIn(steps: readonly Step[]): string[] {
  return steps.flatMap((step) => {
    const own = step.type === "wait" ? [step.config?.signal].flat().filter((name) => typeof name === "string") : [];
    return [...own, ...[...listsIn(step), ...handlersOf(step)].flatMap((list) => signalsIn(list.steps))];
  });
}

/** What of a run's results can't be: a signal that two steps took, or one that gave another's body. */
export function signalFaults(results: Record<string, StepResult>): string[] {
  const taken = new Set<string>();
  return Object.values(results).flatMap(({ step_name, details, output }) => {
    const id = details?.signal_id;
    if (typeof id !== "string") return [];
    if (taken.has(id)) return [`signal ${id} was taken twice`];
    taken.add(id);
    const body = JSON.stringify(output);
    return body === JSON.stringify({ id }) ? [] : [`${step_name} took ${id} and gave ${body}`];
  });
}
