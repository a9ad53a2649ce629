import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { kafkaArchive } from "./kafka-archive.ts";
import { kafkaFiles } from "./kafka-files.ts";
import { install, pathOf, run } from "./packages.ts";
import type { Part } from "./parts.ts";
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

/** Kafka, one node without ZooKeeper; `controllerPort` is its own affair, and `more` are lines of its configuration. */
export function kafkaPart(folder: string, port: number, controllerPort: number, more: string[] = []): Part {
  return {
    name: "kafka",
    address: `127.0.0.1:${port}`,
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
      const config = await format(withArchive, join(folder, "kafka"), port, controllerPort, more);
      return { command: [...withArchive, "kafka.Kafka", config] };
    },
    async trouble() {
      try {
        const answer = await ask(port, METADATA, BROKERS_AT + 4);
        return answer.readInt32BE(BROKERS_AT) > 0 ? null : "the broker has not joined its cluster yet";
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
  await Bun.write(config, `${await Bun.file(BASE).text()}\n${own.join("\n")}\n`);
  if (!existsSync(join(data, "meta.properties"))) {
    const format = ["format", "--config", config, "--cluster-id", CLUSTER, "--ignore-formatted"];
    await run([...java, "kafka.tools.StorageTool", ...format]);
  }
  return config;
}
