import { join } from "node:path";
import { type Target, targetOf } from "./target.ts";

const REPOSITORY = join(import.meta.dir, "../..");
// pino's number for "warn".
export const WARNING = 40;

/** A child process that serves HTTP. */
export interface Served {
  pid: number;
  target: Target;
  /** Lines that it logged as a warning or worse, the first few. */
  warnings: string[];
  /** Ends it: SIGTERM, and SIGKILL when that takes longer than 25 s. Resolves to its exit code. */
  stop(): Promise<number>;
}

const running = new Set<Bun.Subprocess>();
const endings = new Set<() => Promise<void>>();
let interrupted = false;

process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
process.on("SIGINT", () => endEarly(130));
process.on("SIGTERM", () => endEarly(143));

/** Has `end` called when the bench is interrupted; call what comes back once that is no longer needed. */
export function onInterrupt(end: () => Promise<void>): () => void {
  endings.add(end);
  return () => void endings.delete(end);
}

/** Resolves at once; never when the bench was interrupted, which ends the process once everything is ended. */
export function unlessInterrupted(): Promise<void> {
  return interrupted ? new Promise(() => {}) : Promise.resolve();
}

async function endEarly(code: number): Promise<void> {
  if (interrupted) return;
  interrupted = true;
  console.error("interrupted: ending what was started");
  for (const child of running) child.kill("SIGTERM");
  for (const end of endings) await end().catch((error) => console.error(String(error)));
  process.exit(code);
}

/** Sees to it that a child does not outlive us. */
export function track(child: Bun.Subprocess): void {
  running.add(child);
  child.exited.then(() => running.delete(child));
}

/** Starts `bun <args>` in the repository and waits, at most 20 s, until its stdout says where it listens. */
export async function serve(args: string[], env: Record<string, string> = {}): Promise<Served> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: REPOSITORY,
    env: { ...process.env, NODE_ENV: "production", ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = new Response(child.stderr).text();
  const warnings: string[] = [];
  track(child);
  const stop = async () => {
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), 25_000);
    const code = await child.exited;
    clearTimeout(killer);
    return code;
  };
  const address = await Promise.race([listening(child.stdout, warnings), Bun.sleep(20_000).then(() => undefined)]);
  if (address === undefined) {
    const code = await stop();
    throw new Error(`bun ${args.join(" ")} did not say that it listens (exit code ${code})\n${await said}`);
  }
  return { pid: child.pid, target: targetOf(address), warnings, stop };
}

interface LogLine {
  level: number;
  msg: string;
  address: string;
}

/**
 * The address from the log line whose `msg` is "listening". Goes on reading afterwards: a full pipe would block the
 * child, and what it warns of belongs to the result.
 */
function listening(stdout: ReadableStream<Uint8Array>, warnings: string[]): Promise<string | undefined> {
  const found = Promise.withResolvers<string | undefined>();
  (async () => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of stdout) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const entry = logLine(line);
        if (entry?.msg === "listening") found.resolve(entry.address);
        if (entry !== undefined && entry.level >= WARNING && warnings.length < 5) warnings.push(line);
      }
    }
    found.resolve(undefined);
  })();
  return found.promise;
}

function logLine(line: string): LogLine | undefined {
  try {
    const entry: LogLine = JSON.parse(line);
    return entry;
  } catch {
    return undefined;
  }
}
