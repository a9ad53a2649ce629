/**
 * What every messaging adapter has to do: one suite, run over each of them.
 *
 * @example messagingContract("in process", { open: async () => openInProcessMessaging(), keeps: false });
 */
import { describe, expect, test } from "bun:test";
import type { Messaging } from "../../src/messaging/port.ts";
import { completedEvents, runIdsOf, TestWorker, triggerEvents, until, untilClaimed } from "./messaging/worker.ts";

export interface MessagingAdapter {
  /** Opens messaging that no other test hears. */
  open(): Promise<Messaging>;
  /** Whether a message waits for a consumer that is not there, or does not take it; else it is gone. */
  keeps: boolean;
}

/** The most runs that a consumer is asked to claim at once. */
const MOST_PER_CLAIM = 500;

/** Declares the tests of the suite for one adapter. */
export function messagingContract(name: string, adapter: MessagingAdapter): void {
  const check = (what: string, body: (messaging: Messaging) => Promise<void>) =>
    test(what, async () => {
      const messaging = await adapter.open();
      try {
        await body(messaging);
      } finally {
        await messaging.close();
      }
    });

  describe(name, () => {
    check("is up once it is open", async (messaging) => expect(messaging.isUp()).toBe(true));

    check("brings every run that is published to the consumer", async (messaging) => {
      const worker = new TestWorker();
      messaging.consumeTriggers(worker);
      const events = triggerEvents(100);
      for (const event of events) await messaging.publishTriggers([event]);
      await untilClaimed(worker, runIdsOf(events));
      expect(worker.claimed.toSorted()).toEqual(runIdsOf(events).toSorted());
    });

    check("brings each run with its namespace", async (messaging) => {
      const worker = new TestWorker();
      messaging.consumeTriggers(worker);
      const events = triggerEvents(20).map((event, index) => ({ ...event, namespace: `namespace ${index % 3}` }));
      await messaging.publishTriggers(events);
      await untilClaimed(worker, runIdsOf(events));
      for (const { run_id, namespace } of events) expect(worker.namespaces.get(run_id)).toBe(namespace);
    });

    check("brings batches as batches, none of them bigger than the room or 500", async (messaging) => {
      const worker = new TestWorker(3000);
      messaging.consumeTriggers(worker);
      const events = triggerEvents(3000);
      await Promise.all(
        [0, 1, 2, 3, 4, 5].map((part) => messaging.publishTriggers(events.slice(part * 500, part * 500 + 500))),
      );
      await untilClaimed(worker, runIdsOf(events));
      expect(worker.tooBig).toEqual([]);
      expect(Math.max(...worker.claims.map(({ length }) => length))).toBeLessThanOrEqual(MOST_PER_CLAIM);
      expect(worker.claims.length).toBeLessThan(300);
    });

    check("claims nothing without room, and the rest as room comes", async (messaging) => {
      const worker = new TestWorker(0);
      messaging.consumeTriggers(worker);
      const events = triggerEvents(50);
      await messaging.publishTriggers(events);
      await Bun.sleep(300);
      expect(worker.claimed).toEqual([]);
      worker.giveRoom(20);
      await until(
        () => worker.claimed.length === 20,
        () => `${worker.claimed.length} of 20 were claimed`,
      );
      await Bun.sleep(100);
      expect(worker.claimed.length).toBe(20);
      worker.giveRoom(100);
      await untilClaimed(worker, runIdsOf(events));
      expect(worker.tooBig).toEqual([]);
    });

    check("brings nothing more once it stopped consuming", async (messaging) => {
      const worker = new TestWorker();
      messaging.consumeTriggers(worker);
      const before = triggerEvents(10);
      await messaging.publishTriggers(before);
      await untilClaimed(worker, runIdsOf(before));
      await messaging.stopConsuming();
      await messaging.publishTriggers(triggerEvents(10));
      await Bun.sleep(300);
      expect(worker.claimed.length).toBe(10);
    });

    check("publishes without a consumer, none at all, and what ended", async (messaging) => {
      await messaging.publishTriggers(triggerEvents(10));
      await messaging.publishTriggers([]);
      await messaging.publishCompleted(completedEvents(10));
      await messaging.publishCompleted([]);
      await messaging.stopConsuming();
    });

    check("has no room to reserve without a worker in this process", async (messaging) => {
      expect(messaging.reserve()).toBeNull();
    });

    check("stops while the consumer has no room", async (messaging) => {
      const worker = new TestWorker(0);
      messaging.consumeTriggers(worker);
      await messaging.publishTriggers(triggerEvents(10));
      await messaging.stopConsuming();
      expect(worker.claimed).toEqual([]);
    });

    check("brings word of what came for a run, without a claim", async (messaging) => {
      const worker = new TestWorker(20);
      messaging.consumeTriggers(worker);
      const events = triggerEvents(20).map((event, index) => ({ ...event, isWake: index % 2 === 0 }));
      await messaging.publishTriggers(events.map((event) => (event.isWake ? { ...event, payload: "null" } : event)));
      const [woken, triggered] = [events.filter(({ isWake }) => isWake), events.filter(({ isWake }) => !isWake)];
      await untilClaimed(worker, runIdsOf(triggered));
      await until(
        () => worker.woken.length >= woken.length,
        () => `${worker.woken.length} runs were woken`,
      );
      expect(worker.woken.toSorted()).toEqual(runIdsOf(woken).toSorted());
      expect(worker.claimed.toSorted()).toEqual(runIdsOf(triggered).toSorted());
    });

    check("consumes again after it stopped", async (messaging) => {
      messaging.consumeTriggers(new TestWorker());
      await messaging.stopConsuming();
      const worker = new TestWorker();
      messaging.consumeTriggers(worker);
      const events = triggerEvents(10);
      await messaging.publishTriggers(events);
      await untilClaimed(worker, runIdsOf(events));
    });

    if (adapter.keeps) describe("a message waits", () => keepingContract(check));
  });
}

function keepingContract(check: (what: string, body: (messaging: Messaging) => Promise<void>) => void): void {
  check("for a consumer that comes later", async (messaging) => {
    const events = triggerEvents(10);
    await messaging.publishTriggers(events);
    const worker = new TestWorker();
    messaging.consumeTriggers(worker);
    await untilClaimed(worker, runIdsOf(events));
  });

  check("for a consumer whose database is out, and is asked again", async (messaging) => {
    const worker = new TestWorker();
    worker.isOut = true;
    messaging.consumeTriggers(worker);
    const events = triggerEvents(10);
    await messaging.publishTriggers(events);
    await until(
      () => worker.rejected.length >= 2,
      () => `asked ${worker.rejected.length} times`,
    );
    worker.isOut = false;
    await untilClaimed(worker, runIdsOf(events));
    expect(worker.claimed.toSorted()).toEqual(runIdsOf(events).toSorted());
  });

  check("while it is not consumed, and none is brought twice", async (messaging) => {
    const first = new TestWorker();
    messaging.consumeTriggers(first);
    const before = triggerEvents(10);
    await messaging.publishTriggers(before);
    await untilClaimed(first, runIdsOf(before));
    await messaging.stopConsuming();
    const after = triggerEvents(10);
    await messaging.publishTriggers(after);
    const second = new TestWorker();
    messaging.consumeTriggers(second);
    await untilClaimed(second, runIdsOf(after));
    expect(second.claimed.toSorted()).toEqual(runIdsOf(after).toSorted());
  });
}
