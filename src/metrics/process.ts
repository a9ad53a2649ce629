/** CPU, memory and descriptors of this process. */
import { readdir } from "node:fs/promises";
import { descriptorLimit } from "../descriptors.ts";
import { processCpu, processMaxFiles, processMemory, processOpenFiles, processStart } from "./process-gauges.ts";
import type { Collector, Reading } from "./readings.ts";

export const processCollector: Collector = {
  name: "process",
  async read() {
    const { user, system } = process.cpuUsage();
    return [
      processCpu.at({}, (user + system) / 1_000_000),
      processMemory.at({}, process.memoryUsage.rss()),
      processStart.at({}, performance.timeOrigin / 1000),
      ...(await openFiles()),
    ];
  },
};

/** Nothing where there is no procfs. */
async function openFiles(): Promise<Reading[]> {
  try {
    const open = await readdir("/proc/self/fd");
    return [processOpenFiles.at({}, open.length), processMaxFiles.at({}, descriptorLimit())];
  } catch {
    return [];
  }
}
