/** What the kernel says of a running process. */
import { readFileSync } from "node:fs";

/** Ticks per second in /proc, fixed at 100 for every Linux that Bun runs on. */
const TICKS_PER_SECOND = 100;

export function residentMegabytes(pid: number): number {
  return statusNumber(pid, "VmRSS") / 1024;
}

export function threadCount(pid: number): number {
  return statusNumber(pid, "Threads");
}

/** CPU time that all threads of the process have used, in seconds. */
export function cpuSeconds(pid: number): number {
  // The second field is the name in brackets, which may hold spaces; utime and stime are fields 14 and 15.
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function statusNumber(pid: number, name: string): number {
  const line = readFileSync(`/proc/${pid}/status`, "utf8")
    .split("\n")
    .find((text) => text.startsWith(`${name}:`));
  const value = Number(line?.match(/\d+/)?.[0]);
  if (!Number.isFinite(value)) throw new Error(`/proc/${pid}/status says nothing of ${name}`);
  return value;
}
