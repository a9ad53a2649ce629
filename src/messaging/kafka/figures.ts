import type { Admin, ITopicMetadata } from "kafkajs";
import { brokerPartitions, consumerLag } from "../../metrics/gauges.ts";
import type { Reading } from "../../metrics/readings.ts";
import type { Topics } from "./client.ts";

/** The lag of a group of workers, and the state of the partitions, for the metrics. @throws the error of the brokers */
export async function brokerReadings(
  admin: Admin,
  { trigger, completed, deadLetter }: Topics,
  groupId: string,
): Promise<Reading[]> {
  const [{ topics }, ends, groups] = await Promise.all([
    admin.fetchTopicMetadata({ topics: [trigger, completed, deadLetter] }),
    admin.fetchTopicOffsets(trigger),
    admin.fetchOffsets({ groupId, topics: [trigger] }),
  ]);
  const taken = new Map(
    groups.flatMap(({ partitions }) => partitions.map(({ partition, offset }) => [partition, Number(offset)])),
  );
  const lag = ends.map(({ partition, low, high }) => {
    // -1 where none was ever taken. What the topic dropped is not to be taken any more.
    const next = Math.max(Number(low), taken.get(partition) ?? -1);
    return consumerLag.at({ partition: String(partition) }, Math.max(0, Number(high) - next));
  });
  return [...partitionsOf(topics), ...lag];
}

function partitionsOf(topics: ITopicMetadata[]): Reading[] {
  const all = topics.flatMap(({ partitions }) => partitions);
  const inSync = all.filter(({ isr, replicas }) => isr.length >= replicas.length).length;
  return [
    brokerPartitions.at({ state: "in_sync" }, inSync),
    brokerPartitions.at({ state: "under_replicated" }, all.length - inSync),
  ];
}
