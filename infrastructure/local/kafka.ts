import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { kafkaArchive } from "./kafka-archive.ts";
import { kafkaFiles } from "./kafka-files.ts";
import { install, pathOf, run } from "./packages.ts";
import type { Part } from "./parts.ts";
import { PLATFORM, passwordOf, writePrivate } from "./secrets.ts";
import { ask } from "./wire.ts";

const BASE = join(import.meta.dir, "../kafka/server.properties");
/** Any 16 bytes: there is one cluster, of one node. */
const CLUSTER = "d29ya2Zsb3ctbG9jYWwtMQ";
const HEAP = ["-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
const LOGGING = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"];

/** A "metadata" request (key 3, version 1, correlation 7, no client id) for no topic, behind its length. */
const METADATA = Uint8Array.of(0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 7, 255, 255, 0, 0, 0, 0);
/** In its answer the number of brokers comes behind the length and the correlation. */
const BROKERS_AT = 8;
/** "SaslHandshake" (key 17, version 1) for PLAIN, and how long its answer is. */
const HANDSHAKE = Uint8Array.of(0, 0, 0, 17, 0, 17, 0, 1, 0, 0, 0, 5, 255, 255, 0, 5, 80, 76, 65, 73, 78);
const HANDSHAKE_ANSWER = 21;
const AUTHENTICATED_ANSWER = 16;

/** What the address of one that wants a user begins with. */
export const WANTS_USER = "SASL_PLAINTEXT://";

export interface KafkaSettings {
  /** Lines that its configuration ends with. */
  more?: string[];
  /** Whether it takes the platform's user alone, in place of everybody on this machine. */
  wantsUser?: boolean;
}

/** Kafka, one node without ZooKeeper; `controllerPort` is its own affair. */
export function kafkaPart(folder: string, port: number, controllerPort: number, settings: KafkaSettings = {}): Part {
  const { more = [], wantsUser = false } = settings;
  return {
    name: "kafka",
    address: `${wantsUser ? WANTS_USER : ""}127.0.0.1:${port}`,
    ports: [port, controllerPort],
    async prepare() {
      await install(["java"]);
      const files = await kafkaFiles();
      const java = [pathOf("java"), ...HEAP, ...LOGGING, "-cp", join(files, "*")];
      const archive = await kafkaArchive(files, {
        java,
        prepare: (at, ...ports) => format(java, at, ...ports),
        question: METADATA,
      });
      const withArchive = [...java, `-XX:SharedArchiveFile=${archive}`];
      const config = await format(withArchive, join(folder, "kafka"), port, controllerPort, [
        ...(wantsUser ? userLines(port, controllerPort, passwordOf(folder, "kafka")) : []),
        ...more,
      ]);
      return { command: [...withArchive, "kafka.Kafka", config] };
    },
    async trouble() {
      try {
        const before = wantsUser ? authentication(passwordOf(folder, "kafka")) : [];
        const at = BROKERS_AT + (wantsUser ? HANDSHAKE_ANSWER + AUTHENTICATED_ANSWER : 0);
        const answer = await ask(port, Buffer.concat([...before, METADATA]), at + 4);
        return answer.readInt32BE(at) > 0 ? null : "the broker has not joined its cluster yet";
      } catch (error) {
        return String(error);
      }
    },
    stop: { signal: "SIGTERM", seconds: 20 },
    startSeconds: 90,
  };
}

/** Makes the configuration and the data of a node in a folder, unless they are there; gives the path of the configuration. */
async function format(
  java: string[],
  home: string,
  port: number,
  controllerPort: number,
  more: string[] = [],
): Promise<string> {
  const data = join(home, "data");
  const config = join(home, "server.properties");
  const own = [
    `listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    `controller.quorum.voters=1@127.0.0.1:${controllerPort}`,
    `log.dirs=${data}`,
    ...more,
  ];
  mkdirSync(home, { recursive: true });
  writePrivate(config, `${await Bun.file(BASE).text()}\n${own.join("\n")}\n`);
  if (!existsSync(join(data, "meta.properties"))) {
    const format = ["format", "--config", config, "--cluster-id", CLUSTER, "--ignore-formatted"];
    await run([...java, "kafka.tools.StorageTool", ...format]);
  }
  return config;
}

/** Lines that let the platform's user in, and nobody else. The controller's listener takes no messages. */
function userLines(port: number, controllerPort: number, password: string): string[] {
  const login = "org.apache.kafka.common.security.plain.PlainLoginModule";
  const user = `username="${PLATFORM}" password="${password}" user_${PLATFORM}="${password}"`;
  return [
    `listeners=CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name=CLIENTS",
    "sasl.mechanism.inter.broker.protocol=PLAIN",
    "listener.name.clients.sasl.enabled.mechanisms=PLAIN",
    `listener.name.clients.plain.sasl.jaas.config=${login} required ${user};`,
    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    `super.users=User:${PLATFORM};User:ANONYMOUS`,
  ];
}

/** The requests that begin a connection of the platform's user: "SaslHandshake", "SaslAuthenticate" (key 36, version 0). */
function authentication(password: string): Uint8Array[] {
  const token = Buffer.from(`\0${PLATFORM}\0${password}`);
  const head = Buffer.from([0, 0, 0, 0, 0, 36, 0, 0, 0, 0, 0, 6, 255, 255, 0, 0, 0, 0]);
  head.writeInt32BE(head.length - 4 + token.length, 0);
  head.writeInt32BE(token.length, head.length - 4);
  return [HANDSHAKE, head, token];
}
