import { readdirSync, readFileSync } from "node:fs";

// USER_HZ is 100 on every Linux that Bun runs on.
const TICKS_PER_SECOND = 100;

/** What a process and all its descendants have used. */
export interface Usage {
  /** CPU seconds (user and system, all threads) since the start, children that have ended included. */
  cpu_s: number;
  /** Memory now in MB of 1024 kB. Of several processes it is the sum of their PSS: pages that they share count once. */
  memory_mb: number;
  /** The most memory (RSS) that the process has ever held, in MB; of several processes it is `memory_mb`. */
  peak_mb: number;
}

/** CPU seconds that everything on this machine has used since it started, idling and waiting for disks left out. */
export function machineCpuSeconds(): number {
  const fields = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]?.split(/ +/).slice(1).map(Number) ?? [];
  const [user = 0, nice = 0, system = 0, , , interrupts = 0, softInterrupts = 0] = fields;
  return (user + nice + system + interrupts + softInterrupts) / TICKS_PER_SECOND;
}

/** The most memory (RSS) that a process has ever held, in MB of 1024 kB; 0 when it is gone. */
export function peakMegabytes(pid: number): number {
  return kilobytes(pid, "status", "VmHWM") / 1024;
}

/** What each of these processes and its descendants have used, by name; zeros for one that is gone. */
export function readUsage(pids: Record<string, number>): Record<string, Usage> {
  const children = childrenOf();
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, usageOf(pid, children)]));
}

/** The CPU time between two readings, and the memory of the later one. */
export function usageSince(before: Record<string, Usage>, after: Record<string, Usage>): Record<string, Usage> {
  return Object.fromEntries(
    Object.entries(after).map(([name, usage]) => [
      name,
      { ...usage, cpu_s: Math.max(0, usage.cpu_s - (before[name]?.cpu_s ?? 0)) },
    ]),
  );
}

function usageOf(root: number, children: Map<number, number[]>): Usage {
  const pids = [root];
  // The list grows while it is read, until every descendant is in it.
  for (const pid of pids) pids.push(...(children.get(pid) ?? []));
  const cpu = pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  if (pids.length === 1) {
    return { cpu_s: cpu, memory_mb: kilobytes(root, "status", "VmRSS") / 1024, peak_mb: peakMegabytes(root) };
  }
  const memory = pids.reduce((sum, pid) => sum + sharedOut(pid), 0) / 1024;
  return { cpu_s: cpu, memory_mb: memory, peak_mb: memory };
}

/** PSS in kB; RSS where this user may not read it. */
function sharedOut(pid: number): number {
  return kilobytes(pid, "smaps_rollup", "Pss") || kilobytes(pid, "status", "VmRSS");
}

function childrenOf(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = Number(fieldsOf(Number(name))[1] ?? 0);
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  return children;
}

function cpuSeconds(pid: number): number {
  const fields = fieldsOf(pid);
  // Its own user and system time, and that of the children it has seen end.
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at] ?? 0), 0) / TICKS_PER_SECOND;
}

/** The fields of its stat from the state on: the name before them, in parentheses, may hold blanks. */
function fieldsOf(pid: number): string[] {
  const text = read(pid, "stat");
  return text.slice(text.lastIndexOf(") ") + 2).split(" ");
}

function kilobytes(pid: number, file: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(read(pid, file))?.[1] ?? 0);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
