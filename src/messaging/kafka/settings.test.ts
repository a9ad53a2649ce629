/** Topics that somebody changes or deletes while they are in use, and settings that can't be met. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from "kafkajs";
import { servicesUp } from "../../../infrastructure/local/services.ts";
import {
  completedEvents,
  runIdsOf,
  TestWorker,
  triggerEvents,
  until,
  untilClaimed,
} from "../../../tests/contracts/messaging/worker.ts";
import type { Messaging } from "../port.ts";
import { createTopic, Place } from "./kafka.fixture.ts";

setDefaultTimeout(60_000);
const { kafka } = await servicesUp(["kafka"]);
const places: Place[] = [];
afterAll(() => Promise.all(places.map((place) => place.close())));

function newPlace(): Place {
  const place = new Place(kafka);
  places.push(place);
  return place;
}

async function withAdmin(work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = new Kafka({ brokers: [kafka], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await work(admin);
  await admin.disconnect();
}

/** Publishes again and again until the topics take it, and a worker claims it. */
async function worksAgain(messaging: Messaging, worker: TestWorker): Promise<void> {
  const events = triggerEvents(30);
  const publish = async () => {
    try {
      await messaging.publishTriggers(events);
      await messaging.publishCompleted(completedEvents(1));
      return true;
    } catch {
      return false;
    }
  };
  await until(publish, () => "nothing can be published");
  await untilClaimed(worker, runIdsOf(events));
}

test("topics that are deleted while they are in use are made again, and all goes on", async () => {
  const place = newPlace();
  const messaging = await place.open();
  const worker = new TestWorker();
  messaging.consumeTriggers(worker);
  await worksAgain(messaging, worker);
  const topics = [place.trigger, place.options.completedTopic, place.deadLetters];
  await withAdmin((admin) => admin.deleteTopics({ topics }));
  await worksAgain(messaging, worker);
});

test("a topic that takes nothing: degraded until that is mended", async () => {
  const place = newPlace();
  await createTopic(kafka, place.options.completedTopic, { "max.message.bytes": "100" });
  const messaging = await place.open();
  expect(messaging.isDegraded()).toBe(false);
  await expect(messaging.publishCompleted(completedEvents(5))).rejects.toThrow();
  expect([messaging.isUp(), messaging.isDegraded()]).toEqual([true, true]);
  await withAdmin((admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: place.options.completedTopic,
          configEntries: [{ name: "max.message.bytes", value: "1048588" }],
        },
      ],
    }),
  );
  await until(
    async () => (await messaging.publishCompleted(completedEvents(5)).catch(() => null)) !== null,
    () => "still refused",
  );
  expect(messaging.isDegraded()).toBe(false);
});
