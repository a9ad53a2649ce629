/** A batch gives back the room in a worker that its runs were to have, each once. */
import { expect, test } from "bun:test";
import pino from "pino";
import { openInProcessCache } from "../cache/in-process.ts";
import { systemClock as clock } from "../clock.ts";
import { PlatformError } from "../errors.ts";
import { newId } from "../ids.ts";
import { openInProcessMessaging } from "../messaging/in-process.ts";
import { RequestKeyRepository } from "../repositories/request-keys.ts";
import { RunRepository } from "../repositories/runs.ts";
import { WorkflowRepository } from "../repositories/workflows.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { NAMESPACE } from "./namespace.ts";
import { Preparing } from "./preparing.ts";
import { RunStarts } from "./run-starts.ts";
import { TriggerBatches } from "./trigger-batches.ts";
import { TriggerEvents } from "./trigger-events.ts";

test("one that is refused by itself, in a batch that can't be stored, gives its room back once", async () => {
  const storage = openMemoryStorage(clock);
  const text = '{"input":{"type":"object","required":["n"]}}';
  const workflow = { id: null, name: "w", description: null, steps: "[]" };
  const [plain, checked] = [newId(clock.now()), newId(clock.now())];
  await storage.insertWorkflows([
    { ...workflow, uuid: plain, namespace: NAMESPACE },
    { ...workflow, uuid: checked, namespace: NAMESPACE, options: { text, preparesRuns: true } },
  ]);
  let reserved = 0;
  const released: number[] = [];
  const reserve = () => {
    const own = reserved++;
    return { claim: null, stored: () => {}, woken: () => {}, release: () => void released.push(own) };
  };
  const messaging = { ...openInProcessMessaging(), reserve };
  const log = pino({ level: "silent" });
  const runs = new RunRepository(storage, openInProcessCache({ clock }), clock, () => null);
  const preparing = new Preparing(new WorkflowRepository(storage, clock));
  const events = new TriggerEvents(messaging, clock, log);
  const starts = new RunStarts({ runs, events, messaging, graceMilliseconds: 0, clock, log });
  const batches = new TriggerBatches({ runs, keys: new RequestKeyRepository(storage, clock), preparing, starts });
  preparing.preparations.learn(checked, await preparing.newestVersion(NAMESPACE, checked));
  storage.insertRuns = async () => {
    throw new PlatformError("storage_unavailable");
  };

  const inputs = [{ workflow_id: checked, payload: {} }, { workflow_id: plain }];
  const items = inputs.map((input) => ({ input, key: null }));
  await expect(batches.triggerAll(items, 0, null)).rejects.toMatchObject({ code: "storage_unavailable" });
  expect(reserved).toBe(2);
  expect(released.toSorted()).toEqual([0, 1]);
  await storage.close();
});
