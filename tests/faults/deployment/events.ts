/** What the broker holds of `workflow.completed`: every event that any worker sent. */
import { Kafka, logLevel } from "kafkajs";
import { kafkaAddress } from "../../../infrastructure/local/services.ts";
import { isObject, textAt } from "../../harness/http/json.ts";
import { until } from "../load/waiting.ts";

const DEADLINE_MS = 120_000;

export interface Completed {
  run: string;
  status: string;
  error: unknown;
}

/**
 * Reads the topic from its beginning to the end that it has now.
 *
 * @param broker host:port, several with commas, behind user:password@ where it wants a user
 */
export async function completedEvents(broker: string, topic: string): Promise<Completed[]> {
  const { brokers, username, password } = kafkaAddress(broker);
  const user = username === "" ? {} : ({ sasl: { mechanism: "plain", username, password } } as const);
  const kafka = new Kafka({ brokers: brokers.split(","), ...user, logLevel: logLevel.NOTHING, retry: { retries: 20 } });
  const ends = await endsOf(kafka, topic);
  const found: Completed[] = [];
  if (ends.size === 0) return found;
  const consumer = kafka.consumer({ groupId: `verdict-${crypto.randomUUID()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) found.push(completedOf(value?.toString() ?? ""));
        if (BigInt(batch.lastOffset()) + 1n >= (ends.get(batch.partition) ?? 0n)) ends.delete(batch.partition);
      },
    });
    await until(`${topic} is read`, DEADLINE_MS, () => ends.size === 0);
  } finally {
    await consumer.disconnect();
  }
  return found;
}

/** One event, from its text. */
export function completedOf(text: string): Completed {
  const value: unknown = JSON.parse(text);
  return { run: textAt(value, "run_id"), status: textAt(value, "status"), error: isObject(value) ? value.error : null };
}

async function endsOf(kafka: Kafka, topic: string): Promise<Map<number, bigint>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => BigInt(high) > BigInt(low));
    return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}
