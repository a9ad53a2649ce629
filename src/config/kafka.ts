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

/** Where Kafka is; null while it is off. @throws StartError saying which settings do not go together */
export function kafkaOf(settings: Settings): KafkaConfig | null {
  if (settings.KAFKA_BOOTSTRAP_SERVERS === undefined) return null;
  return {
    brokers: brokersOf(settings.KAFKA_BOOTSTRAP_SERVERS),
    sasl: saslOf(settings),
    tls: tlsOf(settings),
    group: settings.KAFKA_CONSUMER_GROUP,
    triggerTopic: settings.KAFKA_TOPIC_WORKFLOW_TRIGGER,
    completedTopic: settings.KAFKA_TOPIC_WORKFLOW_COMPLETED,
    partitions: settings.KAFKA_PARTITIONS,
  };
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
