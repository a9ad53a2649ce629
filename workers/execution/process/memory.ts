import { readFileSync } from "node:fs";
import { totalmem } from "node:os";

const MIB = 1024 * 1024;

/** Memory that the process for runs that are alone may take: half of what its container or machine has, within bounds. */
export const MAX_RESIDENT_MIB = Math.max(256, Math.min(1024, Math.floor(available() / MIB / 2)));

/** Memory that a process takes, in MiB; NaN where the kernel doesn't tell (proc(5), VmRSS), or it is gone. */
export function residentMib(pid: number): number {
  try {
    const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kib) / 1024;
  } catch {
    return Number.NaN;
  }
}

function available(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
