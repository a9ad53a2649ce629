/** Parts: processes that outlive the one that starts them, each with a record and a log in the folder of their stack. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { plainEnvironment } from "./environment.ts";
import { isPortFree, processOf, sessionOf } from "./kernel.ts";

/** How a part is started: with nothing in its environment but what is said here and what every program needs. */
export interface Launch {
  command: string[];
  env?: Record<string, string | undefined>;
  cwd?: string;
}

/** One process of a stack. */
export interface Part {
  name: string;
  /** Where others reach it; empty when it listens nowhere. */
  address: string;
  /** The ports of 127.0.0.1 that it listens on. */
  ports: number[];
  /** Makes what it needs to start: its folder, its configuration. */
  prepare(): Promise<Launch>;
  /** Null when it does its work, else why not. Given what it has logged since its start. */
  trouble(log: string): Promise<string | null>;
  stop: Stop;
  startSeconds: number;
}

/** The signal that asks it to end, and how long it may take to. */
export interface Stop {
  signal: "SIGTERM" | "SIGINT" | "SIGQUIT";
  seconds: number;
}

/** What is written down of a part that was started. */
export interface PartRecord {
  name: string;
  address: string;
  ports: number[];
  pid: number;
  startTime: number;
  log: string;
  stop: Stop;
}

const POLL_MS = 50;
const KILL_SECONDS = 10;
const TAIL_LINES = 15;

// Started by a shell that ends at once, so that it is nobody's child: a test runner ends the children of a test that
// takes too long, and a terminal those of the command that it interrupts.
const DETACH = 'umask 077; setsid "$@" </dev/null >>"$PART_LOG" 2>&1 & echo $!';

/**
 * Starts a part unless it runs, and waits until it does its work.
 *
 * @throws Error with the end of its log when it does not.
 */
export async function startPart(folder: string, part: Part): Promise<PartRecord> {
  const found = recordsIn(folder).find(({ name }) => name === part.name);
  if (found !== undefined && isAlive(found)) {
    if (found.address !== part.address || String(found.ports) !== String(part.ports)) {
      throw new Error(`${part.name} runs on ${found.ports} already, not on ${part.ports}: take ${folder} down first`);
    }
    return untilWorking(part, found);
  }
  // An nginx that was killed leaves its workers behind, and they would go on answering on its port.
  if (found !== undefined) await endPart(folder, found);
  const taken = part.ports.filter((port) => !isPortFree(port));
  if (taken.length > 0) {
    throw new Error(
      `${part.name} can't start, something else listens on 127.0.0.1:${taken}; end it or set other ports`,
    );
  }
  const launch = await part.prepare();
  const log = freshLog(folder, part.name);
  const pid = await detach(launch, log);
  const startTime = processOf(pid)?.startTime ?? -1;
  const { name, address, ports, stop } = part;
  const record: PartRecord = { name, address, ports, pid, startTime, log, stop };
  mkdirSync(join(folder, "run"), { recursive: true });
  writeFileSync(`${recordPath(folder, name)}.new`, JSON.stringify(record));
  renameSync(`${recordPath(folder, name)}.new`, recordPath(folder, name));
  return untilWorking(part, record);
}

/** Ends a part, and whatever it leaves behind, and forgets it. */
export async function endPart(folder: string, record: PartRecord): Promise<void> {
  const { name, pid, stop } = record;
  const asked = isAlive(record) && signal(pid, stop.signal);
  if (!(await isGone(record, asked ? stop.seconds : 0))) {
    for (const left of sessionOf(record)) signal(left.pid, "SIGKILL");
    if (!(await isGone(record, KILL_SECONDS))) throw new Error(`${name} (process ${pid}) does not end even by SIGKILL`);
  }
  rmSync(recordPath(folder, name), { force: true });
}

/** Waits for all, also when some fail: nothing goes on behind the back of who is told. @throws Error with every failure. */
export async function allDone<Result>(work: Promise<Result>[]): Promise<Result[]> {
  const failures = (await Promise.allSettled(work)).flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  if (failures.length > 1)
    throw new Error(failures.map((one) => (one instanceof Error ? one.message : one)).join("\n"));
  return Promise.all(work);
}

/** The parts that were started in a folder and not ended since, dead ones among them. */
export function recordsIn(folder: string): PartRecord[] {
  const run = join(folder, "run");
  if (!existsSync(run)) return [];
  return readdirSync(run)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(run, name), "utf8")));
}

/** Whether the very process that was started still runs. */
export function isAlive({ pid, startTime }: PartRecord): boolean {
  return processOf(pid)?.startTime === startTime;
}

/** The end of a part's log, indented, for people to read. */
export function logTail(record: PartRecord): string {
  const lines = readFileSync(record.log, "utf8").trimEnd().split("\n").slice(-TAIL_LINES);
  return `${record.log} ends with\n${lines.map((line) => `    ${line}`).join("\n")}`;
}

async function untilWorking(part: Part, record: PartRecord): Promise<PartRecord> {
  const deadline = performance.now() + part.startSeconds * 1000;
  for (;;) {
    if (!isAlive(record)) throw new Error(`${part.name} ended at its start; ${logTail(record)}`);
    const trouble = await part.trouble(readFileSync(record.log, "utf8"));
    if (trouble === null) return record;
    if (performance.now() > deadline) {
      throw new Error(`${part.name} does not answer within ${part.startSeconds} s (${trouble}); ${logTail(record)}`);
    }
    await Bun.sleep(POLL_MS);
  }
}

/** False when the process ended a moment ago. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

async function isGone(record: PartRecord, seconds: number): Promise<boolean> {
  const deadline = performance.now() + seconds * 1000;
  while (isAlive(record) || sessionOf(record).length > 0) {
    if (performance.now() >= deadline) return false;
    await Bun.sleep(POLL_MS);
  }
  return true;
}

async function detach({ command, env, cwd }: Launch, log: string): Promise<number> {
  const shell = Bun.spawn(["sh", "-c", DETACH, "sh", ...command], {
    env: { ...plainEnvironment(), ...env, PART_LOG: log },
    cwd: cwd ?? "/",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = Number(await new Response(shell.stdout).text());
  if (!(pid > 0)) throw new Error(`No process was started for ${command.join(" ")}`);
  return pid;
}

/** An empty log; the one of the start before is kept beside it. */
function freshLog(folder: string, name: string): string {
  const logs = join(folder, "logs");
  mkdirSync(logs, { recursive: true, mode: 0o700 });
  const path = join(logs, `${name}.log`);
  if (existsSync(path)) renameSync(path, join(logs, `${name}.before.log`));
  writeFileSync(path, "", { mode: 0o600 });
  return path;
}

function recordPath(folder: string, name: string): string {
  return join(folder, "run", `${name}.json`);
}
