/**
 * File descriptors: every connection is one. Without any left the system refuses webhooks and connections to services, and
 * each connection that waits to be accepted wakes the event loop again and again.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import { codeOf } from "./errors.ts";

const LOOK_MILLISECONDS = 100;
const WARN_MILLISECONDS = 60_000;
/** For files, threads and services. */
const OWN = 64;

/** How descriptors are shared out. */
export interface DescriptorShares {
  /** How many the process may have open at once. */
  limit: number;
  /** Effects at once: each may be a connection. */
  effects: number;
  /** With so many descriptors in use, connections to the API that nothing happens on are closed. */
  crowded: number;
}

/**
 * Shares out the descriptors of this process: Bun has raised its limit to the hard one when it started.
 *
 * @param effects how many are wanted at once
 */
export function shareDescriptors(effects: number, limit = descriptorLimit()): DescriptorShares {
  const quarter = Math.max(1, Math.floor(limit / 4));
  const granted = Math.min(effects, quarter);
  return { limit, effects: granted, crowded: limit - granted - Math.min(OWN, quarter) };
}

/** Closes idle connections whenever descriptors get scarce; gives what ends that. */
export function keepDescriptorsFree(
  { limit, crowded }: DescriptorShares,
  closeIdle: () => number,
  clock: Clock,
  log: Logger,
): () => void {
  let warnedAt = Number.NEGATIVE_INFINITY;
  const look = () => {
    if (lowestFree() >= crowded) {
      const closed = closeIdle();
      if (clock.monotonic() - warnedAt >= WARN_MILLISECONDS) {
        warnedAt = clock.monotonic();
        log.warn({ limit, closed }, "file descriptors are scarce: idle connections are closed; raise ulimit -n");
      }
    }
    cancel = clock.timer(LOOK_MILLISECONDS, look);
  };
  let cancel = clock.timer(LOOK_MILLISECONDS, look);
  return () => cancel();
}

/** The kernel gives the lowest number that is free (POSIX, open): so many descriptors are in use at least. */
function lowestFree(): number {
  try {
    const descriptor = openSync("/dev/null", "r");
    closeSync(descriptor);
    return descriptor;
  } catch (error) {
    if (/^E[MN]FILE$/.test(codeOf(error))) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

/** How many this process may have open at once (getrlimit(2), RLIMIT_NOFILE); Infinity where there is no procfs. */
export function descriptorLimit(): number {
  try {
    const [, soft = ""] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === "" ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
