/** What happens while the broker is out, and afterwards. The tests go on from one another: one broker, one story. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import {
  completedEvents,
  runIdsOf,
  TestWorker,
  triggerEvents,
  until,
  untilClaimed,
} from "../../../tests/contracts/messaging/worker.ts";
import type { Messaging } from "../port.ts";
import { OwnBroker } from "./broker.fixture.ts";
import { Place } from "./kafka.fixture.ts";

setDefaultTimeout(60_000);
const broker = new OwnBroker();
const place = new Place(broker.address);
const worker = new TestWorker();
let messaging: Messaging;
const unhandled: unknown[] = [];
process.on("unhandledRejection", (reason) => unhandled.push(reason));
afterAll(async () => {
  await place.close();
  await broker.remove();
});

async function seconds(work: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work.catch(() => {});
  return (performance.now() - start) / 1000;
}

const says = (text: string) => place.logged.filter(({ msg }) => msg.startsWith(text)).length;

async function untilUp(up: boolean): Promise<void> {
  await until(
    () => messaging.isUp() === up,
    () => `isUp() is ${!up}: ${JSON.stringify(place.logged.slice(-3))}`,
  );
}

/** Whether everything works: what is published is claimed, what ended is taken. */
async function works(): Promise<void> {
  const events = triggerEvents(50);
  await messaging.publishTriggers(events);
  await messaging.publishCompleted(completedEvents(50));
  await untilClaimed(worker, runIdsOf(events));
}

test("it opens while the broker is out, refuses at once, and goes on by itself when the broker comes", async () => {
  const opening = place.open();
  expect(await seconds(opening)).toBeLessThan(6);
  messaging = await opening;
  messaging.consumeTriggers(worker);
  expect(messaging.isUp()).toBe(false);
  expect(messaging.publishTriggers(triggerEvents(1))).rejects.toThrow("Kafka does not answer");
  expect(await seconds(messaging.publishTriggers(triggerEvents(1)))).toBeLessThan(0.1);

  await broker.start();
  await untilUp(true);
  await works();
  expect([says("Kafka does not answer"), says("Kafka answers"), says("joined the group")]).toEqual([1, 1, 1]);
});

test("a broker that stops is noticed, each send rejects within seconds, and it goes on when the broker is back", async () => {
  const before = place.warnings.length;
  await broker.stop();
  const sends = Array.from({ length: 200 }, () => seconds(messaging.publishTriggers(triggerEvents(10))));
  expect(Math.max(...(await Promise.all(sends)))).toBeLessThan(6);
  await untilUp(false);
  await Bun.sleep(2000);
  // That it is out, and that the consumer is out of its group; nothing per message or attempt.
  expect(place.warnings.slice(before).length).toBeLessThanOrEqual(2);
  await broker.start();
  await untilUp(true);
  await works();
});

test("a broker that lost everything gets its topics again, and everything goes on", async () => {
  await broker.wipe();
  await broker.start();
  await until(
    async () => {
      try {
        await messaging.publishTriggers(triggerEvents(1));
        return true;
      } catch {
        return false;
      }
    },
    () => "nothing can be published",
  );
  await works();
  const messages = await place.messages(place.trigger, 51);
  expect(new Set(messages.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
});

test("a broker that is there but silent is noticed like one that is out", async () => {
  broker.freeze();
  expect(await seconds(messaging.publishTriggers(triggerEvents(10)))).toBeLessThan(7);
  await untilUp(false);
  expect(await seconds(messaging.publishTriggers(triggerEvents(10)))).toBeLessThan(0.1);
  broker.thaw();
  await untilUp(true);
  await works();
});

test("it closes within seconds while the broker is out, whether silent or gone", async () => {
  const idle = await place.open();
  idle.consumeTriggers(new TestWorker());
  await idle.publishTriggers(triggerEvents(1));
  broker.freeze();
  expect(await seconds(idle.close())).toBeLessThan(9);
  broker.thaw();
  await broker.stop();
  expect(await seconds(messaging.close())).toBeLessThan(9);
  expect(unhandled).toEqual([]);
  await expect(messaging.publishTriggers(triggerEvents(1))).rejects.toThrow("Kafka");
});
