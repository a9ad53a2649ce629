import { readFileSync } from "node:fs";
import { codeOf, StartError } from "../errors.ts";
import { brokersOf } from "./brokers.ts";
import type { Settings } from "./settings.ts";

export interface KafkaConfig {
  /** host:port of each, or [IPv6]:port. */
  brokers: string[];
  /** Null where the brokers take everybody. */
  sasl: SaslConfig | null;
  /** TLS; null without. `ca`: certificates in PEM in place of the system's. */
  tls: { ca: string | null } | null;
  group: string;
  triggerTopic: string;
  completedTopic: string;
  partitions: number;
}

export interface SaslConfig {
  mechanism: Settings["KAFKA_SASL_MECHANISM"];
  username: string;
  password: string;
}

/** The longest name of a topic that Kafka takes. */
const MAX_TOPIC = 249;
/** Behind the name of the trigger topic: that of what can't be read. */
export const DEAD_LETTERS = ".dlq";

/** Where Kafka is; null while it is off. @throws StartError saying which settings do not go together */
export function kafkaOf(settings: Settings): KafkaConfig | null {
  if (settings.KAFKA_BOOTSTRAP_SERVERS === undefined) return null;
  return {
    brokers: brokersOf(settings.KAFKA_BOOTSTRAP_SERVERS),
    sasl: saslOf(settings),
    tls: tlsOf(settings),
    group: groupOf(settings),
    ...topicsOf(settings),
    partitions: settings.KAFKA_PARTITIONS,
  };
}

function groupOf({ KAFKA_CONSUMER_GROUP: group }: Settings): string {
  if (group.trim() !== "") return group;
  throw new StartError("KAFKA_CONSUMER_GROUP is blank: name the group of the workers, or leave it out");
}

/** Brokers would refuse each wrong name again and again, which looks like an outage. */
function topicsOf(settings: Settings): Pick<KafkaConfig, "triggerTopic" | "completedTopic"> {
  const triggerTopic = topicIn("KAFKA_TOPIC_WORKFLOW_TRIGGER", settings, MAX_TOPIC - DEAD_LETTERS.length);
  const completedTopic = topicIn("KAFKA_TOPIC_WORKFLOW_COMPLETED", settings, MAX_TOPIC);
  // A broker makes no topic whose name differs from another's in `.` and `_` alone.
  const isTaken = (topic: string) => topic.replaceAll(".", "_") === completedTopic.replaceAll(".", "_");
  if (!isTaken(triggerTopic) && !isTaken(`${triggerTopic}${DEAD_LETTERS}`)) return { triggerTopic, completedTopic };
  throw new StartError(
    `KAFKA_TOPIC_WORKFLOW_COMPLETED names the trigger topic, or the one with ${DEAD_LETTERS} behind its name, where . and _ are the same: give it a name of its own`,
  );
}

function topicIn(
  name: "KAFKA_TOPIC_WORKFLOW_TRIGGER" | "KAFKA_TOPIC_WORKFLOW_COMPLETED",
  { [name]: topic }: Settings,
  longest: number,
): string {
  if (/^[A-Za-z0-9._-]+$/.test(topic) && topic.length <= longest && topic !== "." && topic !== "..") return topic;
  throw new StartError(
    `${name} is no name of a topic: give 1 to ${longest} letters, digits, ".", "_" and "-", neither "." nor ".." alone`,
  );
}

function saslOf(settings: Settings): SaslConfig | null {
  const { KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password, KAFKA_SASL_MECHANISM: mechanism } = settings;
  if (username === undefined && password === undefined) return null;
  if (username === undefined || password === undefined) {
    throw new StartError("KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD go together: set both, or neither");
  }
  return { mechanism, username, password };
}

function tlsOf({ KAFKA_SSL: isOn, KAFKA_SSL_CA_FILE: file }: Settings): { ca: string | null } | null {
  if (!isOn && file !== undefined) {
    throw new StartError("KAFKA_SSL_CA_FILE is for TLS: set KAFKA_SSL=true beside it, or leave it out");
  }
  if (!isOn) return null;
  if (file === undefined) return { ca: null };
  try {
    const ca = readFileSync(file, "utf8");
    if (ca.includes("-----BEGIN CERTIFICATE-----")) return { ca };
  } catch (error) {
    const code = codeOf(error) || "no text";
    throw new StartError(`KAFKA_SSL_CA_FILE names a file that can't be read (${code})`);
  }
  throw new StartError("KAFKA_SSL_CA_FILE names a file without a certificate in PEM");
}
