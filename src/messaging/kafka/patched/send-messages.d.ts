/** What a producer of kafkajs sends by, which no type of the package tells. */
declare module "kafkajs/src/producer/sendMessages.js" {
  interface Broker {
    nodeId: string;
    produce(request: { topicData: { partitions: { partition: number }[] }[] }): Promise<{ topics: never[] }>;
  }

  interface Cluster {
    addMultipleTargetTopics(): Promise<void>;
    refreshMetadata(): Promise<void>;
    refreshMetadataIfNecessary(): Promise<void>;
    removeBroker(): void;
    isConnected(): boolean;
    findTopicPartitionMetadata(): { partitionId: number }[];
    findLeaderForPartitions(): Record<string, number[]>;
    findBroker(wanted: { nodeId: string }): Promise<Broker>;
  }

  export default function createSendMessages(parts: {
    logger: { debug(): void; error(): void };
    cluster: Cluster;
    partitioner(given: { message: { key: string } }): number;
    eosManager: {
      acquireBrokerLock(): Promise<void>;
      releaseBrokerLock(): Promise<void>;
      isTransactional(): false;
      getSequence(): number;
      updateSequence(): void;
      getProducerId(): number;
      getProducerEpoch(): number;
    };
    retrier(attempt: (bail: (error: Error) => void) => Promise<unknown>): Promise<unknown>;
  }): (sent: { acks: number; topicMessages: { topic: string; messages: { key: string }[] }[] }) => Promise<unknown>;
}
