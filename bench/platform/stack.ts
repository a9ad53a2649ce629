import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Program, pathOf } from "../../infrastructure/local/processes/packages.ts";
import { endPart, type PartRecord, recordsIn } from "../../infrastructure/local/processes/parts.ts";
import { addressesOf } from "../../infrastructure/local/services.ts";
import {
  type StackSettings,
  stackDown,
  stackServices,
  stackSettings,
  stackUp,
} from "../../infrastructure/local/stack.ts";
import { type Platform, SINKS } from "./platform.ts";
import { onInterrupt, WARNING } from "./processes.ts";
import { targetOf } from "./target.ts";

/** A folder and ports of its own: a `make stack` beside it, and its data, are left alone. */
export const SETTINGS = stackSettings({
  STACK_DIR: "data/bench/stack",
  STACK_PORT: "24001",
  STACK_BASE_PORT: "24100",
  STACK_APIS: process.env.STACK_APIS,
  STACK_WORKERS: process.env.STACK_WORKERS,
});
const PROGRAMS: Program[] = ["postgres", "psql", "pgbouncer", "redis-server", "nginx", "java"];
const KAFKA_PROJECT = join(import.meta.dir, "../../infrastructure/kafka/pom.xml");

/** The full stack, as `make stack` starts it. */
export interface Stack extends Platform {
  /** Addresses of its services, past PgBouncer, with the passwords that they ask for. */
  postgres: string;
  kafka: string;
}

/** Why the stack cannot run on this machine; null when it can, installing what is missing if need be. */
export function stackTrouble(): string | null {
  if (process.getuid?.() === 0 && Bun.which("apt-get") !== null) return null;
  const missing = PROGRAMS.filter((program) => pathIfAny(program) === undefined);
  return missing.length === 0 ? null : `missing on this machine: ${missing.join(", ")}`;
}

/** Starts an empty stack; it is ended, and its data removed, also when the bench is interrupted. */
export async function startStack(): Promise<Stack> {
  // What a killed bench has left.
  await stackDown(SETTINGS, { data: "remove" });
  process.env.WEBHOOK_ALLOW = SINKS;
  let starting: Promise<unknown> = stackUp(SETTINGS);
  const end = async () => {
    // What is just being started would not be found to be ended.
    await starting.catch(() => {});
    await stackDown(SETTINGS, { data: "remove" });
  };
  const forget = onInterrupt(end);
  try {
    await starting;
  } catch (error) {
    await end();
    forget();
    throw error;
  }
  const records = recordsIn(SETTINGS.folder);
  const pids = pidsOf(records);
  return {
    target: targetOf(addressOf(records, "nginx")),
    pids,
    folder: undefined,
    ...servicesOf(SETTINGS),
    withoutWorkers: async (work) => {
      const workers = recordsIn(SETTINGS.folder).filter(isWorker);
      await Promise.all(workers.map((record) => endPart(SETTINGS.folder, record)));
      try {
        await work();
      } finally {
        starting = stackUp(SETTINGS);
        await starting;
        Object.assign(pids, pidsOf(recordsIn(SETTINGS.folder)));
      }
    },
    stop: async () => {
      const warnings = warningsIn(recordsIn(SETTINGS.folder));
      await end();
      forget();
      for (const { line, count } of warnings) console.error(`the stack logged (${count}×): ${line.slice(0, 500)}`);
    },
  };
}

/** The versions of the services, as their programs say. */
export async function serviceVersions(): Promise<Record<string, string>> {
  const kafka = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([^<]+)</.exec(readFileSync(KAFKA_PROJECT, "utf8"));
  const asked: [string, Program, string][] = [
    ["postgres", "postgres", "--version"],
    ["pgbouncer", "pgbouncer", "--version"],
    ["redis", "redis-server", "--version"],
    ["nginx", "nginx", "-v"],
  ];
  const versions = asked.map(([name, program, flag]): [string, string] => {
    const { stdout, stderr } = Bun.spawnSync([pathOf(program), flag]);
    return [name, /\d+(\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? "unknown"];
  });
  return Object.fromEntries([...versions, ["kafka", kafka?.[1] ?? "unknown"]]);
}

/** What API, workers and nginx logged as a warning or worse: one line of each kind, and how often it came. */
function warningsIn(records: PartRecord[]): { line: string; count: number }[] {
  const kinds = new Map<string, { line: string; count: number }>();
  for (const { name, log } of records) {
    if (!/^(api-|worker-|nginx$)/.test(name) || !existsSync(log)) continue;
    for (const line of readFileSync(log, "utf8").split("\n").filter(isWarning)) {
      // nginx ends a line with the request at fault; times, addresses and numbers tell lines of one kind apart too.
      const kind = (/"msg":"[^"]*"/.exec(line)?.[0] ?? line.split(", client:")[0] ?? line).replaceAll(
        /[\d.:#*/]+/g,
        "",
      );
      const found = kinds.get(kind);
      if (found === undefined) kinds.set(kind, { line: `${name}: ${line}`, count: 1 });
      else found.count++;
    }
  }
  return [...kinds.values()];
}

function isWarning(line: string): boolean {
  return Number(/"level":(\d+)/.exec(line)?.[1] ?? 0) >= WARNING || /\[(warn|error|crit|alert|emerg)\]/.test(line);
}

function pidsOf(records: PartRecord[]): Record<string, number> {
  const sorted = records.toSorted((one, other) => placeOf(one) - placeOf(other) || one.name.localeCompare(other.name));
  return Object.fromEntries(sorted.map(({ name, pid }) => [name, pid]));
}

/** The way of a request through the stack is the order in which its processes are listed. */
function placeOf({ name }: PartRecord): number {
  return ["nginx", "api-", "worker-", "pgbouncer", "postgres", "kafka", "redis"].findIndex((start) =>
    name.startsWith(start),
  );
}

function isWorker({ name }: PartRecord): boolean {
  return name.startsWith("worker-");
}

function servicesOf(settings: StackSettings): { postgres: string; kafka: string } {
  const { postgres, kafka } = addressesOf(settings.folder, stackServices(settings));
  return { postgres, kafka };
}

function addressOf(records: PartRecord[], name: string): string {
  const record = records.find((one) => one.name === name);
  if (record === undefined) throw new Error(`the stack has no ${name}`);
  return record.address;
}

function pathIfAny(program: Program): string | undefined {
  try {
    return pathOf(program);
  } catch {
    return undefined;
  }
}
