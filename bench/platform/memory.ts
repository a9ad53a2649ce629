import type { Platform } from "./platform.ts";
import { readUsage } from "./procfs.ts";

const EVERY_MS = 1000;
/** The processes whose memory has to stay flat. A database fills its caches up to a size that it was given. */
export const OURS = /^(platform|api-\d+|worker-\d+)$/;

/** Memory of the platform's own processes together, in MB. */
export function memoryOf(platform: Platform): number {
  const all = Object.entries(readUsage(platform.pids));
  return all.reduce((sum, [name, { memory_mb }]) => sum + (OURS.test(name) ? memory_mb : 0), 0);
}

/** Reads that memory once a second until what comes back is called, which returns what was read. */
export function watchMemory(platform: Platform): () => number[] {
  const read = [memoryOf(platform)];
  const timer = setInterval(() => read.push(memoryOf(platform)), EVERY_MS);
  return () => {
    clearInterval(timer);
    return read;
  };
}
