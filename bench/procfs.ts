import { readFileSync } from "node:fs";

// USER_HZ is 100 on every Linux that Bun runs on.
const TICKS_PER_SECOND = 100;

/** CPU seconds (user and system, all threads) that a process has used; 0 when it is gone. */
export function cpuSeconds(pid: number): number {
  // The name in parentheses may hold blanks; the numbered fields begin behind it.
  const fields = (read(pid, "stat").split(") ")[1] ?? "").split(" ");
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) / TICKS_PER_SECOND;
}

/** CPU seconds that everything on this machine has used since it started, idling and waiting for disks left out. */
export function machineCpuSeconds(): number {
  const fields = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/ +/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = fields;
  return (user + nice + system + interrupts + softInterrupts) / TICKS_PER_SECOND;
}

/** The most memory (RSS) that a process has ever held, in MB of 1024 kB; 0 when it is gone. */
export function peakMegabytes(pid: number): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(read(pid, "status"))?.[1] ?? 0) / 1024;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
