import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { Partitioners } from "kafkajs";
import { servicesUp } from "../../../infrastructure/local/services.ts";
import {
  completedEvents,
  runIdsOf,
  TestWorker,
  triggerEvents,
  untilClaimed,
} from "../../../tests/contracts/messaging/worker.ts";
import type { CompletedEvent, TriggerEvent } from "../../schemas/runs/event.ts";
import { headersOf, Place } from "./kafka.fixture.ts";
import { partitioner } from "./partitioner.ts";
import { requestsOf, triggerForm } from "./wire.ts";

setDefaultTimeout(60_000);
const { kafka } = await servicesUp(["kafka"]);
const place = new Place(kafka);
afterAll(() => place.close());

/** Text that is three bytes a character, so that characters are no measure of bytes. */
const wide = (bytes: number) => "€".repeat(bytes / 3);

test("triggers are keyed by run id, JSON of the contract, on all three partitions", async () => {
  const here = new Place(kafka);
  const messaging = await here.open();
  const events = triggerEvents(100, { name: "Žofie", nested: { list: [1, 2.5, null, true] } });
  await messaging.publishTriggers(events);
  const messages = await here.messages(here.trigger, 100);
  const byKey = new Map(messages.map(({ key, payload }) => [key, JSON.parse(payload ?? "")]));
  for (const { run_id, workflow_id, payload } of events) {
    expect(byKey.get(run_id)).toEqual({ run_id, workflow_id, payload: JSON.parse(payload) });
  }
  expect(Object.keys(byKey.get(events[0]?.run_id ?? ""))).toEqual(["run_id", "workflow_id", "payload"]);
  expect(new Set(messages.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
  await here.close();
});

test("what a run was stored with comes with its message, as PostgreSQL would give it back, unless that is long", async () => {
  const here = new Place(kafka);
  const messaging = await here.open();
  const worker = new TestWorker();
  messaging.consumeTriggers(worker);
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const [untraced] = triggerEvents(1, {
    länge: 1,
    b: { zz: [{ "10": 0, y: 1, b: 2 }], a: null },
    "": "x",
    "\u{1f600}": 4,
    "\uffee1": 5,
  });
  const [long] = triggerEvents(1, { text: "x".repeat(5000) });
  if (untraced === undefined || long === undefined) throw new Error("expected events");
  const short = { ...untraced, traceparent };
  await messaging.publishTriggers([short, long]);
  await untilClaimed(worker, runIdsOf([short, long]));
  const payload = '{"":"x","b":{"a":null,"zz":[{"10":0,"b":2,"y":1}]},"\uffee1":5,"\u{1f600}":4,"länge":1}';
  expect(worker.told.get(short.run_id)).toEqual({ version: 3, payload, traceparent });
  expect(worker.told.get(long.run_id)).toBeNull();
  await here.close();
});

test("completed events are keyed by run id, JSON of the contract, with the namespace as a header", async () => {
  const messaging = await place.open();
  const [success, failure] = completedEvents(2).map((event) => ({ ...event, namespace: "theirs" }));
  if (success === undefined || failure === undefined) throw new Error("expected two events");
  const failed: CompletedEvent = { ...failure, status: "failed", error: "it broke" };
  await messaging.publishCompleted([success, failed]);
  const messages = await place.messages(place.options.completedTopic, 2);
  const byKey = Object.fromEntries(messages.map(({ key, payload }) => [key, JSON.parse(payload ?? "")]));
  const contentOf = ({ namespace: _, ...value }: CompletedEvent) => value;
  expect(byKey).toEqual({ [success.run_id]: contentOf(success), [failed.run_id]: contentOf(failed) });
  for (const message of messages) expect(headersOf(message)).toEqual({ namespace: "theirs" });
  expect(Object.keys(byKey[success.run_id])).toEqual(["run_id", "workflow_id", "status", "error"]);
});

test("an event that is too big goes without its payload, or with the beginning of its error", async () => {
  const here = new Place(kafka);
  const messaging = await here.open();
  const [big] = triggerEvents(1, { text: wide(999_000) });
  const [fitting] = triggerEvents(1, { text: wide(890_000) });
  const [ended] = completedEvents(1);
  if (big === undefined || fitting === undefined || ended === undefined) throw new Error("expected events");
  await messaging.publishTriggers([...triggerEvents(3), big, fitting, ...triggerEvents(3)]);
  await messaging.publishCompleted([{ ...ended, status: "failed", error: wide(2_000_000) }]);

  const triggers = await here.messages(here.trigger, 8);
  const payloadOf = ({ run_id }: TriggerEvent) =>
    JSON.parse(triggers.find(({ key }) => key === run_id)?.payload ?? "").payload;
  expect(payloadOf(big)).toBeNull();
  expect(payloadOf(fitting)).toEqual(JSON.parse(fitting.payload));
  const message = triggers.find(({ key }) => key === big.run_id);
  expect(headersOf(message)).toEqual({ namespace: "default" });
  const [completed] = await here.messages(here.options.completedTopic, 1);
  expect(JSON.parse(completed?.payload ?? "").error).toBe("€".repeat(10_000));
  await here.close();
});

test("a batch of several megabytes is split and arrives whole", async () => {
  const here = new Place(kafka);
  const messaging = await here.open();
  const worker = new TestWorker();
  messaging.consumeTriggers(worker);
  // 60 times 90 kB, and all of it may be for one partition.
  const events = triggerEvents(60, { text: wide(90_000) });
  await messaging.publishTriggers(events);
  await untilClaimed(worker, runIdsOf(events));
  await here.close();
});

test("a request holds 900 kB and 1000 messages at most", () => {
  const sizes = (events: TriggerEvent[]) =>
    [...requestsOf(events, triggerForm)].map((messages) => ({
      count: messages.length,
      bytes: messages.reduce(
        (bytes, { message: { key, value } }) => bytes + (key?.length ?? 0) + (value?.length ?? 0),
        0,
      ),
    }));
  const big = sizes(triggerEvents(60, { text: wide(90_000) }));
  expect(big.reduce((count, request) => count + request.count, 0)).toBe(60);
  for (const { bytes } of big) expect(bytes).toBeLessThan(900_000);
  expect(sizes(triggerEvents(2500)).map(({ count }) => count)).toEqual([1000, 1000, 500]);
  expect(sizes([])).toEqual([]);
});

test("a key is on the partition where other clients put it", () => {
  const metadata = Array.from({ length: 997 }, (_, partitionId) => ({
    partitionId,
    leader: 1,
    replicas: [1],
    isr: [1],
    partitionErrorCode: 0,
  }));
  const [ours, theirs] = [partitioner(), Partitioners.DefaultPartitioner()];
  for (let length = 0; length < 200; length++) {
    const key = Buffer.from(crypto.getRandomValues(new Uint8Array(length % 50)));
    const given = { topic: "t", partitionMetadata: metadata, message: { key, value: null } };
    expect(ours(given)).toBe(theirs(given));
  }
});
