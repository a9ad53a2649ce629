import { Kafka, logLevel } from "kafkajs";

/** What Kafka takes alone, each batch acknowledged by the broker. */
export interface KafkaLimit {
  messages_per_second: number;
  batch: number;
  bytes: number;
}

const TOPIC = "bench.limit";
const BATCH = 500;
const BYTES = 200;

/**
 * Sends messages of a trigger's size for `milliseconds`, a batch after the other, to a topic of 3 partitions.
 *
 * @param broker user:password@host:port
 */
export async function kafkaLimit(broker: string, milliseconds: number): Promise<KafkaLimit> {
  const { host, username, password } = new URL(`kafka://${broker}`);
  const sasl = { mechanism: "plain", username, password } as const;
  const kafka = new Kafka({ brokers: [host], sasl, clientId: "bench", logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  const producer = kafka.producer();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: 3 }], waitForLeaders: true });
  try {
    await producer.connect();
    const value = "x".repeat(BYTES);
    const batch = () => Array.from({ length: BATCH }, () => ({ key: Bun.randomUUIDv7(), value }));
    await producer.send({ topic: TOPIC, messages: batch(), acks: -1 });
    let sent = 0;
    const start = performance.now();
    while (performance.now() - start < milliseconds) {
      await producer.send({ topic: TOPIC, messages: batch(), acks: -1 });
      sent += BATCH;
    }
    return { messages_per_second: (sent * 1000) / (performance.now() - start), batch: BATCH, bytes: BYTES };
  } finally {
    await producer.disconnect();
    await admin.deleteTopics({ topics: [TOPIC] });
    await admin.disconnect();
  }
}
