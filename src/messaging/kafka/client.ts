import { Kafka, KafkaJSProtocolError, type LogEntry, logLevel, type SASLOptions } from "kafkajs";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { DEAD_LETTERS, type KafkaConfig, type SaslConfig } from "../../config/kafka.ts";
import { messageOf } from "../../errors.ts";
import "./codecs.ts";
import { Troubles } from "./troubles.ts";

/** What every part of the adapter is given. */
export interface Connection {
  kafka: Kafka;
  /** Where its messages go, and how many partitions a topic gets that is not there yet. */
  topics: Topics;
  /** The reasons why the adapter is degraded though the brokers answer. */
  troubles: Troubles;
  clock: Clock;
  log: Logger;
}

export interface Topics {
  trigger: string;
  completed: string;
  deadLetter: string;
  partitions: number;
}

const CONNECT_MILLISECONDS = 2000;
const REQUEST_MILLISECONDS = 10_000;

/** Attempts within one call of kafkajs: over in about a second. Callers try again after that. */
const RETRY = { retries: 3, initialRetryTime: 100, maxRetryTime: 500 };

/** A client of the brokers; it connects to none before it is used. */
export function createConnection(config: KafkaConfig, clock: Clock, log: Logger): Connection {
  const kafka = new Kafka({
    brokers: config.brokers,
    ssl: config.tls === null ? false : config.tls.ca === null ? true : { ca: [config.tls.ca] },
    ...(config.sasl === null ? {} : { sasl: saslOf(config.sasl) }),
    clientId: "workflow-platform",
    connectionTimeout: CONNECT_MILLISECONDS,
    requestTimeout: REQUEST_MILLISECONDS,
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => logged(log, entry),
  });
  const topics = {
    trigger: config.triggerTopic,
    completed: config.completedTopic,
    deadLetter: `${config.triggerTopic}${DEAD_LETTERS}`,
    partitions: config.partitions,
  };
  return { kafka, topics, troubles: new Troubles(clock), clock, log };
}

/** kafkajs calls every refused connection an error. What matters of it is said by the parts of this adapter. */
function logged(log: Logger, { namespace, label, log: { message, timestamp: _, ...fields } }: LogEntry): void {
  log.debug({ ...fields, kafkajs: `${namespace} ${label}` }, message);
}

/** The type of the error that a broker answered with; null when it is none of a broker's. */
export function brokerErrorOf(error: unknown): string | null {
  return error instanceof KafkaJSProtocolError ? error.type : null;
}

/** Whether a broker refused for good: asking the same again gives the same answer. */
export function isRefusal(error: unknown): boolean {
  return error instanceof KafkaJSProtocolError && !error.retriable;
}

/** Errors about a message itself: others in the same request may be accepted. */
const OF_A_MESSAGE: ReadonlySet<string | null> = new Set([
  "MESSAGE_TOO_LARGE",
  "RECORD_LIST_TOO_LARGE",
  "INVALID_TIMESTAMP",
  "INVALID_RECORD",
  "POLICY_VIOLATION",
]);

/** Whether a broker refused because of a message, which does not say which one it was. */
export function isAboutMessage(error: unknown): boolean {
  return OF_A_MESSAGE.has(brokerErrorOf(error));
}

/** Closes a client that may hang on a broker that is gone, without waiting for it. */
export function abandon(client: { disconnect(): Promise<void> }, log: Logger): void {
  client.disconnect().catch((error: unknown) => {
    log.debug({ error: messageOf(error) }, "a Kafka client did not disconnect cleanly");
  });
}

/** kafkajs has a name of its own for each mechanism, and a type for each name. */
function saslOf({ mechanism, ...user }: SaslConfig): SASLOptions {
  if (mechanism === "PLAIN") return { mechanism: "plain", ...user };
  return mechanism === "SCRAM-SHA-256"
    ? { mechanism: "scram-sha-256", ...user }
    : { mechanism: "scram-sha-512", ...user };
}
