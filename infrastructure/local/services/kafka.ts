import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { install, pathOf } from "../processes/packages.ts";
import type { Part } from "../processes/parts.ts";
import { ask } from "../processes/wire.ts";
import { PLATFORM, passwordOf, writePrivate } from "../secrets.ts";
import { kafkaArchive } from "./kafka-archive.ts";
import { kafkaFiles } from "./kafka-files.ts";

const BASE = join(import.meta.dir, "../../kafka/server.properties");
/** Any 16 bytes: there is one cluster. */
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

/** With so many nodes each partition is on three of them, and a message is taken once two have it. */
const REPLICAS = 3;
const REPLICATED = [
  `default.replication.factor=${REPLICAS}`,
  "min.insync.replicas=2",
  `offsets.topic.replication.factor=${REPLICAS}`,
  `transaction.state.log.replication.factor=${REPLICAS}`,
  "transaction.state.log.min.isr=2",
  // A broker that is gone leads its partitions until its session is over: 9 s by default, and messages to them wait.
  "broker.session.timeout.ms=3000",
  "broker.heartbeat.interval.ms=500",
  "controller.quorum.election.timeout.ms=500",
];

export interface KafkaSettings {
  /** Lines that its configuration ends with. */
  more?: string[];
  /** Whether it takes the platform's user alone, in place of everybody on this machine. */
  wantsUser?: boolean;
}

/** One node of the cluster: a broker and a controller. */
export interface Node {
  id: number;
  port: number;
  controllerPort: number;
}

/** So many nodes from a port on, two ports each. */
export function nodesFrom(port: number, count: number): Node[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    port: port + 2 * index,
    controllerPort: port + 2 * index + 1,
  }));
}

/** The nodes of one Kafka without ZooKeeper: they need a majority of them to work, so they have to be started together. */
export function kafkaParts(folder: string, nodes: Node[], settings: KafkaSettings = {}): Part[] {
  return nodes.map((node) => kafkaPart(folder, node, nodes, settings));
}

/** One of them. */
export function kafkaPart(folder: string, node: Node, nodes: Node[], settings: KafkaSettings = {}): Part {
  const { more = [], wantsUser = false } = settings;
  const { port, controllerPort } = node;
  const name = node.id === 1 ? "kafka" : `kafka-${node.id}`;
  return {
    name,
    address: `${wantsUser ? WANTS_USER : ""}127.0.0.1:${port}`,
    ports: [port, controllerPort],
    async prepare() {
      await install(["java"]);
      const files = await kafkaFiles();
      const java = [pathOf("java"), ...HEAP, ...LOGGING, "-cp", join(files, "*")];
      const archive = await kafkaArchive(files, {
        java,
        prepare: (at, onePort, oneControllerPort) => {
          const one = { id: 1, port: onePort, controllerPort: oneControllerPort };
          return prepareNode(at, one, [one]);
        },
        question: METADATA,
      });
      const withArchive = [...java, `-XX:SharedArchiveFile=${archive}`];
      const config = await prepareNode(join(folder, name), node, nodes, [
        ...(wantsUser ? userLines(node, passwordOf(folder, "kafka")) : []),
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
async function prepareNode(home: string, node: Node, nodes: Node[], more: string[] = []): Promise<string> {
  const data = join(home, "data");
  const config = join(home, "server.properties");
  const own = [
    `node.id=${node.id}`,
    `listeners=PLAINTEXT://127.0.0.1:${node.port},CONTROLLER://127.0.0.1:${node.controllerPort}`,
    `controller.quorum.voters=${nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)}`,
    `log.dirs=${data}`,
    ...(nodes.length >= REPLICAS ? REPLICATED : []),
    ...more,
  ];
  if (existsSync(config)) expectVoters(await Bun.file(config).text(), nodes.length, home);
  mkdirSync(home, { recursive: true });
  writePrivate(config, `${await Bun.file(BASE).text()}\n${own.join("\n")}\n`);
  // What Kafka's own tool writes, in a second of Java's time: the rest is made at the start.
  const meta = join(data, "meta.properties");
  mkdirSync(data, { recursive: true });
  if (!existsSync(meta)) writePrivate(meta, `version=1\ncluster.id=${CLUSTER}\nnode.id=${node.id}\n`);
  return config;
}

/** @throws Error where the data is of a cluster with another number of nodes: it never becomes one of these */
function expectVoters(before: string, count: number, home: string): void {
  const voters = /^controller\.quorum\.voters=(.*)$/m.exec(before)?.[1]?.split(",").length ?? count;
  if (voters === count) return;
  throw new Error(
    `Kafka's data in ${home} is of ${voters} brokers, not of ${count}; nothing is in it alone: remove it`,
  );
}

/** Lines that let the platform's user in, which the nodes are to one another as well, and nobody else. */
function userLines({ port, controllerPort }: Node, password: string): string[] {
  const login = "org.apache.kafka.common.security.plain.PlainLoginModule";
  const user = `username="${PLATFORM}" password="${password}" user_${PLATFORM}="${password}"`;
  return [
    `listeners=CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT",
    "inter.broker.listener.name=CLIENTS",
    "sasl.mechanism.inter.broker.protocol=PLAIN",
    "sasl.mechanism.controller.protocol=PLAIN",
    ...["clients", "controller"].flatMap((listener) => [
      `listener.name.${listener}.sasl.enabled.mechanisms=PLAIN`,
      `listener.name.${listener}.plain.sasl.jaas.config=${login} required ${user};`,
    ]),
    "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    `super.users=User:${PLATFORM}`,
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
