/** What is patched in kafkajs and no broker of these tests brings about at will. */
import { expect, test } from "bun:test";
import createSendMessages from "kafkajs/src/producer/sendMessages.js";

test("what a dead broker did not take is sent to the one that leads since, also where that took its own before", async () => {
  const leaders: Record<string, number[]> = { first: [0], second: [1] };
  const taken: Record<string, number[][]> = { first: [], second: [] };
  const broker = (nodeId: string) => ({
    nodeId,
    async produce({ topicData }: { topicData: { partitions: { partition: number }[] }[] }) {
      const partitions = topicData.flatMap((topic) => topic.partitions.map(({ partition }) => partition));
      if (nodeId === "first") throw Object.assign(new Error("closed"), { name: "KafkaJSConnectionClosedError" });
      taken[nodeId]?.push(partitions);
      return { topics: [] };
    },
  });
  const brokers = new Map(["first", "second"].map((nodeId) => [nodeId, broker(nodeId)]));
  const nothing = async () => {};
  const send = createSendMessages({
    logger: { debug() {}, error() {} },
    cluster: {
      addMultipleTargetTopics: nothing,
      refreshMetadataIfNecessary: nothing,
      async refreshMetadata() {
        delete leaders.first;
        leaders.second = [0, 1];
      },
      removeBroker() {},
      isConnected: () => true,
      findTopicPartitionMetadata: () => [{ partitionId: 0 }, { partitionId: 1 }],
      findLeaderForPartitions: () => leaders,
      async findBroker({ nodeId }) {
        const found = brokers.get(nodeId);
        if (found === undefined) throw new Error(`no broker ${nodeId}`);
        return found;
      },
    },
    partitioner: ({ message }) => Number(message.key),
    eosManager: {
      acquireBrokerLock: nothing,
      releaseBrokerLock: nothing,
      isTransactional: () => false,
      getSequence: () => 0,
      updateSequence() {},
      getProducerId: () => -1,
      getProducerEpoch: () => 0,
    },
    async retrier(attempt) {
      for (let attempts = 0; attempts < 3; attempts++) {
        const { isDone, result } = await attempt(() => {}).then(
          (value) => ({ isDone: true, result: value }),
          () => ({ isDone: false, result: null }),
        );
        if (isDone) return result;
      }
      throw new Error("never sent");
    },
  });
  await send({ acks: -1, topicMessages: [{ topic: "completed", messages: [{ key: "0" }, { key: "1" }] }] });
  expect(taken).toEqual({ first: [], second: [[1], [0, 1]] });
});
