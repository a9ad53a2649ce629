/** Events that a topic refuses because of its settings. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { servicesUp } from "../../../infrastructure/local/services.ts";
import { completedEvents, runIdsOf, triggerEvents } from "../../../tests/contracts/messaging/worker.ts";
import type { CompletedEvent } from "../../schemas/runs/event.ts";
import type { Messaging } from "../port.ts";
import { createTopic, Place } from "./kafka.fixture.ts";

setDefaultTimeout(60_000);
const { kafka } = await servicesUp(["kafka"]);
const places: Place[] = [];
afterAll(() => Promise.all(places.map((place) => place.close())));

/** Messaging whose topics take batches of so many bytes. */
async function taking(maxBytes: number): Promise<{ place: Place; messaging: Messaging }> {
  const place = new Place(kafka);
  places.push(place);
  for (const topic of [place.trigger, place.options.completedTopic]) {
    await createTopic(kafka, topic, { "max.message.bytes": String(maxBytes) });
  }
  return { place, messaging: await place.open() };
}

const failed = (event: CompletedEvent, error: string): CompletedEvent => ({ ...event, status: "failed", error });

test("a completed event that is too big for its topic goes with the beginning of its error, and holds up no other", async () => {
  const { place, messaging } = await taking(150_000);
  const [first, ...others] = completedEvents(500);
  if (first === undefined) throw new Error("expected events");
  const events = [...others.slice(0, 250), failed(first, "€".repeat(100_000)), ...others.slice(250)];
  expect(await messaging.publishCompleted(events)).toEqual(new Set());
  const messages = await place.messages(place.options.completedTopic, 500);
  expect(new Set(messages.map(({ key }) => key))).toEqual(new Set(runIdsOf(events)));
  const found = messages.find(({ key }) => key === first.run_id);
  const { namespace: _, ...value } = failed(first, "€".repeat(1000));
  expect(JSON.parse(found?.payload ?? "")).toEqual(value);
  expect(messaging.isDegraded()).toBe(false);
});

test("a trigger that is too big for its topic goes without its payload, and holds up no other", async () => {
  const { place, messaging } = await taking(150_000);
  const [big] = triggerEvents(1, { text: "x".repeat(200_000) });
  if (big === undefined) throw new Error("expected events");
  const events = [...triggerEvents(200), big, ...triggerEvents(200)];
  expect(await messaging.publishTriggers(events)).toEqual(new Set());
  const messages = await place.messages(place.trigger, 401);
  expect(new Set(messages.map(({ key }) => key))).toEqual(new Set(runIdsOf(events)));
  expect(JSON.parse(messages.find(({ key }) => key === big.run_id)?.payload ?? "").payload).toBeNull();
});

test("an event that its topic takes in no form is named, and holds up no other", async () => {
  const { place, messaging } = await taking(20_000);
  const events = completedEvents(300).map((event, index) =>
    index % 150 === 7 ? { ...event, workflow_id: "w".repeat(30_000) } : event,
  );
  const refused = new Set([events[7]?.run_id ?? "", events[157]?.run_id ?? ""]);
  expect(await messaging.publishCompleted(events)).toEqual(refused);
  const messages = await place.messages(place.options.completedTopic, 298);
  const keys = new Set(messages.map(({ key }) => key ?? ""));
  expect(keys).toEqual(new Set(runIdsOf(events).filter((runId) => !refused.has(runId))));
});

test("a topic that takes nothing is given up soon, and the adapter is degraded", async () => {
  const { place, messaging } = await taking(100);
  await expect(messaging.publishCompleted(completedEvents(1000))).rejects.toThrow(/larger than the max/);
  expect(await place.messages(place.options.completedTopic, 0)).toEqual([]);
  expect([messaging.isUp(), messaging.isDegraded()]).toEqual([true, true]);
});
