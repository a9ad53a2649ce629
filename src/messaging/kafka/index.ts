/**
 * Messages through Kafka: `workflow.trigger` from the API to the workers of one group, `workflow.completed` to whoever
 * listens. A broker that is out delays nothing here: publishing rejects at once, opening and closing take seconds, and
 * everything goes on by itself when it is back.
 *
 * @example const messaging = await openKafkaMessaging({ ...config.kafka, clock, log });
 */
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { KafkaConfig } from "../../config/kafka.ts";
import type { Messaging } from "../port.ts";
import { createConnection } from "./client.ts";
import { DeadLetters } from "./dead-letters.ts";
import { Membership } from "./membership.ts";
import { Producer } from "./producer.ts";
import { Watch } from "./watch.ts";
import { completedForm, triggerForm } from "./wire.ts";

const SESSION_MILLISECONDS = 30_000;

export interface KafkaMessagingOptions extends KafkaConfig {
  clock: Clock;
  log: Logger;
  /** How long a worker may be silent before its partitions go to the others; 30 s. */
  sessionMilliseconds?: number;
}

/** Opens the adapter; resolves within seconds, also when no broker answers. */
export async function openKafkaMessaging(options: KafkaMessagingOptions): Promise<Messaging> {
  const { clock, log, group, sessionMilliseconds = SESSION_MILLISECONDS, ...config } = options;
  const connection = createConnection({ ...config, group }, clock, log);
  const watch = new Watch(connection);
  const producer = new Producer(connection, watch);
  const deadLetters = new DeadLetters(connection, producer);
  let membership: Membership | null = null;

  const stopConsuming = async () => {
    const stopping = membership;
    membership = null;
    await stopping?.stop();
  };

  await watch.start();
  return {
    // Whichever worker the broker brings the message to.
    reserve: () => null,
    executeBeforeInsert: () => null,
    publishTriggers: async (events) => idsOf(await producer.publish(connection.topics.trigger, events, triggerForm)),
    publishCompleted: async (events) =>
      idsOf(await producer.publish(connection.topics.completed, events, completedForm)),
    consumeTriggers(consumer) {
      if (membership !== null) throw new Error("This process consumes already; call stopConsuming first");
      membership = new Membership(connection, { name: group, sessionMilliseconds }, watch, consumer, deadLetters);
    },
    isUp: () => watch.isUp(),
    isDegraded: () => connection.troubles.any(),
    deadLetters: () => watch.deadLetters,
    breaker: () => watch.breaker(),
    collectors: [{ name: "broker", read: () => watch.figures(group) }],
    stopConsuming,
    async close() {
      await stopConsuming();
      deadLetters.close();
      await producer.close();
      watch.close();
    },
  };
}

function idsOf(events: { run_id: string }[]): Set<string> {
  return new Set(events.map(({ run_id }) => run_id));
}
