/** What the kernel says of processes and ports. */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";

/** A process that runs. */
export interface Running {
  pid: number;
  /** The number of the process that began its session: all that comes of one part is one session. */
  session: number;
  /** In ticks since the machine started: a later process that got the same number has another one. */
  startTime: number;
}

/** The process with this number; null when there is none, or only a dead one that nobody has collected yet. */
export function processOf(pid: number): Running | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
  // The second field is the name in brackets, which may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state, , , session] = fields;
  if (state === "Z" || state === "X") return null;
  return { pid, session: Number(session), startTime: Number(fields[19]) };
}

/** Everything that still runs in the session that a process began, whether or not the process itself does. */
export function sessionOf({ pid, startTime }: { pid: number; startTime: number }): Running[] {
  const leader = processOf(pid);
  // The kernel gives a number to another process only when nothing is left of the session.
  if (leader !== null && leader.startTime !== startTime) return [];
  return pids()
    .map(processOf)
    .filter((found) => found !== null)
    .filter((found) => found.session === pid && found.startTime >= startTime);
}

/** Whether this is the number of a dead process that nobody has collected yet: to others it looks alive. */
export function isUncollected(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && processOf(pid) === null;
}

/** The processes whose working directory is this folder. */
export function workingIn(folder: string): number[] {
  if (!existsSync(folder)) return [];
  const real = realpathSync(folder);
  return pids().filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === real;
    } catch (error) {
      // One that has just ended, a dead one that nobody has collected yet, or another user's.
      if (isMissing(error) || isDenied(error)) return false;
      throw error;
    }
  });
}

/** Whether nobody listens on this port of 127.0.0.1. */
export function isPortFree(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw error;
  }
}

function pids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function isDenied(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH");
}
