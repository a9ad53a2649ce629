import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock as clock } from "../src/clock.ts";
import { newId } from "../src/ids.ts";
import { openInProcessMessaging } from "../src/messaging/in-process.ts";
import type { CompletedEvent } from "../src/schemas/runs/event.ts";
import { openMemoryStorage } from "../src/storage/sqlite/index.ts";
import { Outbox } from "./outbox.ts";

function endedRun(): CompletedEvent {
  const [run_id, workflow_id] = [newId(clock.now()), newId(clock.now())];
  return { namespace: "default", run_id, workflow_id, status: "success", error: null };
}

test("an event that the broker refuses stays owed and is left out for a while; the others are sent and written down", async () => {
  const events = Array.from({ length: 500 }, endedRun);
  const bad = events[250]?.run_id ?? "";
  const published: string[] = [];
  const owed = new Map(events.map((event) => [event.run_id, event]));
  const storage = {
    ...openMemoryStorage(clock),
    owedEvents: {
      // As if all of them had fallen due again.
      take: async (limit: number) => [...owed.values()].slice(0, limit),
      async sent(runIds: string[]) {
        for (const runId of runIds) owed.delete(runId);
      },
    },
  };
  const messaging = {
    ...openInProcessMessaging(),
    async publishCompleted(asked: CompletedEvent[]) {
      published.push(...asked.map(({ run_id }) => run_id));
      return new Set(asked.map(({ run_id }) => run_id).filter((runId) => runId === bad));
    },
  };
  const log = pino({ level: "silent" });
  const completed = new Outbox({ storage, messaging, clock, log });
  for (const event of events) completed.add(event);
  await completed.stop();
  expect([...owed.keys()]).toEqual([bad]);

  const later = endedRun();
  owed.set(later.run_id, later);
  const again = new Outbox({ storage, messaging, clock, log });
  again.add(owed.get(bad) ?? later);
  while (published.at(-1) !== bad) await Bun.sleep(5);
  await Bun.sleep(5);
  again.start();
  await again.stop();
  expect(published.slice(500)).toEqual([bad, later.run_id]);
  expect([...owed.keys()]).toEqual([bad]);
});
