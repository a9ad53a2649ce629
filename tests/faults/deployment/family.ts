import { readdirSync, readFileSync } from "node:fs";
import { type Running, sessionOf } from "../../../infrastructure/local/processes/kernel.ts";

/**
 * A process and everything that came of it. Its session alone would not do: each backend of PostgreSQL begins one of its
 * own, and a server that is started while an old backend still runs refuses to.
 */
export function familyOf(leader: { pid: number; startTime: number }): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(Number(name)));
  const family = new Set([leader.pid, ...sessionOf(leader).map(({ pid }: Running) => pid)]);
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return [...family];
}

/** Sends a signal; nothing happens where the process is gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

function parentOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    // It ended while the list was read.
    return 0;
  }
}
