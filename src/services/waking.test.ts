/** Whoever may go on because a run was cancelled is looked for at once, not by the next look of a worker. */
import { expect, test } from "bun:test";
import pino from "pino";
import { openInProcessCache } from "../cache/in-process.ts";
import { systemClock as clock } from "../clock.ts";
import { newId } from "../ids.ts";
import { openInProcessMessaging } from "../messaging/in-process.ts";
import { RunRequests } from "../repositories/run-requests.ts";
import { RunRepository } from "../repositories/runs.ts";
import { WorkflowRepository } from "../repositories/workflows.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { ControlService } from "./control.ts";
import { NAMESPACE } from "./namespace.ts";
import { Preparing } from "./preparing.ts";
import { RunStarts } from "./run-starts.ts";
import { RunService } from "./runs.ts";
import { TriggerEvents } from "./trigger-events.ts";
import { TriggerService } from "./triggers.ts";

const log = pino({ level: "silent" });

/** An API without workers, and a workflow of which one run is under way at most. */
async function scene(onLimit: "queue" | "cancel_oldest") {
  const storage = openMemoryStorage(clock);
  const workflow = newId(clock.now());
  const text = JSON.stringify({ concurrency: { limit: 1, on_limit: onLimit } });
  const options = { text, preparesRuns: true };
  const named = { uuid: workflow, namespace: NAMESPACE, id: null, name: "w", description: null, options };
  await storage.insertWorkflows([{ ...named, steps: '[{"name":"a","type":"transform","config":{"value":1}}]' }]);
  const woken: string[] = [];
  const wakes = Promise.withResolvers<void>();
  const messaging = openInProcessMessaging();
  const publish = messaging.publishTriggers;
  messaging.publishTriggers = (events) => {
    woken.push(...events.filter(({ isWake }) => isWake).map(({ run_id }) => run_id));
    if (woken.length > 0) wakes.resolve();
    return publish(events);
  };
  const runs = new RunRepository(storage, openInProcessCache({ clock }), clock, () => null);
  const events = new TriggerEvents(messaging, clock, log);
  const starts = new RunStarts({ runs, events, messaging, graceMilliseconds: 2000, clock, log });
  const triggers = new TriggerService(runs, new Preparing(new WorkflowRepository(storage, clock)), starts);
  const control = new ControlService(new RunService(runs, clock), new RunRequests(storage), events);
  const trigger = async () => (await triggers.trigger({ workflow_id: workflow })) ?? "";
  return { storage, trigger, control, woken, wakes: wakes.promise };
}

test("a run that has the oldest cancelled is looked for once that is over", async () => {
  const { storage, trigger, woken, wakes } = await scene("cancel_oldest");
  await trigger();
  const second = await trigger();
  await wakes;
  expect(woken).toEqual([second]);
  expect(await storage.nextDue(0)).not.toBeNull();
  await storage.close();
});

test("a run that waits for another is looked for once that is cancelled", async () => {
  const { storage, trigger, control, woken, wakes } = await scene("queue");
  const first = await trigger();
  const second = await trigger();
  expect(await control.cancel(first, {})).toMatchObject({ status: "cancelled" });
  await wakes;
  expect(woken).toEqual([first]);
  expect(
    await storage.claimDue({ ...(await lease(storage)), limit: 9, maxBytes: 1e6, patienceMilliseconds: 0 }),
  ).toMatchObject([{ uuid: second }]);
  await storage.close();
});

async function lease(storage: ReturnType<typeof openMemoryStorage>): Promise<{ worker: string; claimId: string }> {
  const worker = newId(clock.now());
  await storage.startLease({ worker, leaseMilliseconds: 60_000 });
  return { worker, claimId: newId(clock.now()) };
}
