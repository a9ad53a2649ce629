import { expect, test } from "bun:test";
import pino from "pino";
import { openInProcessCache } from "../cache/in-process.ts";
import { systemClock as clock } from "../clock.ts";
import { newId } from "../ids.ts";
import { openInProcessMessaging } from "../messaging/in-process.ts";
import { batchRejected } from "../metrics/table.ts";
import { RunRepository } from "../repositories/runs.ts";
import { WorkflowRepository } from "../repositories/workflows.ts";
import type { TriggerEvent } from "../schemas/runs/event.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { NAMESPACE } from "./namespace.ts";
import { Preparing } from "./preparing.ts";
import { RunStarts } from "./run-starts.ts";
import { TriggerEvents } from "./trigger-events.ts";
import { TriggerService } from "./triggers.ts";

test("events that wait for a slow broker are counted as long as they are", async () => {
  const storage = openMemoryStorage(clock);
  const uuid = newId(clock.now());
  await storage.insertWorkflows([{ uuid, namespace: NAMESPACE, id: null, name: "w", description: null, steps: "[]" }]);
  const batches: TriggerEvent[][] = [];
  const taken = Promise.withResolvers<void>();
  const messaging = {
    ...openInProcessMessaging(),
    async publishTriggers(events: TriggerEvent[]) {
      batches.push(events);
      await taken.promise;
      return new Set<string>();
    },
  };
  const lines: { run_id: string; count: number }[] = [];
  const log = pino({ level: "warn" }, { write: (line) => lines.push(JSON.parse(line)) });
  const rejected = batchRejected.of({ batch: "trigger_events" });
  const before = rejected.value;
  const runs = new RunRepository(storage, openInProcessCache({ clock }), clock, () => null);
  const preparing = new Preparing(new WorkflowRepository(storage, clock));
  const events = new TriggerEvents(messaging, clock, log);
  const service = new TriggerService(
    runs,
    preparing,
    new RunStarts({ runs, events, messaging, graceMilliseconds: 2000, clock, log }),
  );

  // Three bytes a character: 200 times 500 kB.
  const payload = { text: "€".repeat(166_667) };
  const runIds: string[] = [];
  for (let count = 0; count < 200; count++) runIds.push((await service.trigger({ workflow_id: uuid, payload })) ?? "");
  taken.resolve();
  const left = () => rejected.value - before;
  while (batches.flat().length + left() < 200) await Bun.sleep(5);

  for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(8);
  // 64 MiB may wait, beside the batch that is under way.
  expect(batches.flat().length).toBeLessThanOrEqual(135 + 8);
  const sent = new Set(batches.flat().map(({ run_id }) => run_id));
  expect(sent.size).toBe(200 - left());
  // The first that is left says so.
  expect(lines[0]).toMatchObject({ run_id: runIds.find((id) => !sent.has(id)), count: 1 });
  await storage.close();
});
