/** What is in the log folder of a broker that does not run, and its loss. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathOf, run } from "../../../infrastructure/local/processes/packages.ts";
import { kafkaFiles } from "../../../infrastructure/local/services/kafka-files.ts";
import { type Completed, completedOf } from "./events.ts";

const PAYLOAD = "payload: ";

/** Reads the completed events that the dead broker had taken, and removes all that it had. */
export async function wipeBroker(folder: string, topic: string): Promise<Completed[]> {
  const data = join(folder, "kafka/data");
  const partitions = readdirSync(data).filter((name) => name.replace(/-\d+$/, "") === topic);
  const logs = partitions.flatMap((name) => readdirSync(join(data, name)).map((file) => join(data, name, file)));
  const events = await dumped(logs.filter((file) => file.endsWith(".log")));
  rmSync(data, { recursive: true });
  return events;
}

async function dumped(files: string[]): Promise<Completed[]> {
  if (files.length === 0) return [];
  const tool = ["-XX:TieredStopAtLevel=1", "-cp", join(await kafkaFiles(), "*"), "kafka.tools.DumpLogSegments"];
  const text = await run([pathOf("java"), ...tool, "--print-data-log", "--files", files.join(",")]);
  const payloads = text.split("\n").flatMap((line) => (line.includes(PAYLOAD) ? [line.split(PAYLOAD)[1] ?? ""] : []));
  return payloads.map(completedOf);
}
