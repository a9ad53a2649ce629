/** CPU, memory and descriptors of this process, and the delay of its event loop. */
import { readdir } from "node:fs/promises";
import type { Clock } from "../clock.ts";
import { descriptorLimit } from "../descriptors.ts";
import { processCpu, processMaxFiles, processMemory, processOpenFiles, processStart } from "./process-gauges.ts";
import type { Collector, Reading } from "./readings.ts";
import { eventLoopDelay } from "./table.ts";

const LOOK_MILLISECONDS = 500;

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

/** Counts twice a second how late the event loop is; gives what ends that. */
export function watchEventLoop(clock: Clock): () => void {
  const delay = eventLoopDelay.of({});
  let cancel = () => {};
  const look = () => {
    const due = clock.monotonic() + LOOK_MILLISECONDS;
    cancel = clock.timer(LOOK_MILLISECONDS, () => {
      delay.observe(Math.max(0, clock.monotonic() - due) / 1000);
      look();
    });
  };
  look();
  return () => cancel();
}
