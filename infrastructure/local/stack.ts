/** The whole platform on one machine: services, API and worker processes, nginx in front. */
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { apiPart, metricsOf, workerPart } from "./platform.ts";
import { endAll, removeData } from "./processes/ending.ts";
import { withLock } from "./processes/lock.ts";
import { allDone, endPart, type Part, type PartRecord, recordsIn, startPart } from "./processes/parts.ts";
import { startMonitoring } from "./services/monitoring.ts";
import { type GateLimits, marksOf, nginxPart, takeOut } from "./services/nginx.ts";
import type { Pace } from "./services/prometheus.ts";
import { replicaPart } from "./services/replica.ts";
import { addressesOf, portsFrom, SERVICES, type ServiceParts, serviceParts, startServices } from "./services.ts";
import { sizeOf } from "./sizing.ts";
import { type AskedFrame, asStarted, saidIn, startedOrNew } from "./started.ts";

export interface StackSettings extends AskedFrame {
  /** Data, logs and records. */
  folder: string;
  /** Null: nobody is limited. */
  limits: GateLimits | null;
  /** Whether Prometheus runs beside it, and how often it looks. */
  monitoring: Pace | null;
}

const REPOSITORY = resolve(import.meta.dir, "../..");
/** The API's ports end before the first port of a service. */
const MAX_PROCESSES = 30;
/** More processes than cores make smaller batches, which cost more (docs/performance.md); the services take cores too. */
const USUAL_PROCESSES = Math.max(1, Math.min(Math.floor(availableParallelism() / 2), MAX_PROCESSES));
/** The number of the process that stands in for the only one of its kind while that one restarts. */
const DEPUTY = 2;
/** Of the replica's port from the base port. */
const REPLICA_OFFSET = 34;
/** Requests of one address under way at once, where addresses are limited: more than a browser or a program has. */
const CONNECTIONS = 100;
const MAX_LIMIT = 1_000_000;

/**
 * Reads STACK_DIR, STACK_PORT, STACK_BASE_PORT, STACK_APIS, STACK_WORKERS, STACK_BROKERS, STACK_REPLICA, RATE_LIMIT,
 * CONNECTION_LIMIT and STACK_MONITORING.
 *
 * @throws Error on one that does not fit
 */
export function stackSettings(environment: Record<string, string | undefined>): StackSettings {
  const number = (name: string, usual: number, largest: number) => {
    const text = environment[name] ?? "";
    const value = text === "" ? usual : Number(text);
    if (Number.isInteger(value) && value >= 1 && value <= largest) return value;
    throw new Error(`${name}=${text} does not fit; give a whole number from 1 to ${largest}`);
  };
  const brokers = number("STACK_BROKERS", 1, 3);
  if (brokers === 2) throw new Error("STACK_BROKERS=2 does not fit: without one of two, nothing works; give 1 or 3");
  return {
    folder: resolve(REPOSITORY, environment.STACK_DIR || "data/stack"),
    port: number("STACK_PORT", 8001, 65_535),
    basePort: number("STACK_BASE_PORT", 14_000, 65_000),
    apis: number("STACK_APIS", USUAL_PROCESSES, MAX_PROCESSES),
    workers: number("STACK_WORKERS", USUAL_PROCESSES, MAX_PROCESSES),
    brokers,
    replica: isOn("STACK_REPLICA", environment.STACK_REPLICA ?? ""),
    limits:
      (environment.RATE_LIMIT ?? "") === ""
        ? null
        : {
            requests: number("RATE_LIMIT", 1, MAX_LIMIT),
            connections: number("CONNECTION_LIMIT", CONNECTIONS, MAX_LIMIT),
          },
    monitoring: monitoringOf(environment.STACK_MONITORING ?? ""),
    said: saidIn(environment),
  };
}

function isOn(name: string, text: string): boolean {
  if (text === "" || text === "0") return false;
  if (text === "1") return true;
  throw new Error(`${name}=${text} does not fit; give 1, or 0`);
}

function monitoringOf(text: string): Pace | null {
  if (text === "" || text === "0") return null;
  if (text === "1") return "usual";
  if (text === "fast") return "fast";
  throw new Error(`STACK_MONITORING=${text} does not fit; give 1, or fast for alerts that fire after a second`);
}

/** What of a stack its services depend on. */
type ServiceSettings = Pick<StackSettings, "folder" | "basePort" | "apis" | "workers" | "brokers" | "replica">;

/** The services of a stack. Its Kafka takes the platform alone, whose messages are executed before their rows are read. */
export function stackServices({ folder, basePort, brokers, replica, ...processes }: ServiceSettings): ServiceParts {
  const purpose = { kafka: { wantsUser: true }, brokers, size: sizeOf(processes), hasReplica: replica };
  return serviceParts(folder, portsFrom(basePort), purpose);
}

/** The replica of a stack, if it has one. */
function replicasOf({ folder, basePort, replica, ...processes }: ServiceSettings): Part[] {
  if (!replica) return [];
  return [replicaPart(folder, basePort + REPLICA_OFFSET, portsFrom(basePort).postgres, sizeOf(processes))];
}

/**
 * Starts what does not run yet and waits until all of it works. A stack of which something runs is as it was started.
 *
 * @throws Error naming the part that does not work, or the variable that would make another stack of it
 */
export async function stackUp(asked: StackSettings): Promise<PartRecord[]> {
  const { folder, limits, monitoring } = asked;
  return withLock(folder, async () => {
    const settings = await startedOrNew(asked);
    const services = await startServices(folder, stackServices(settings), SERVICES);
    const { apis, workers } = platformOf(settings);
    const platform = await allDone(
      [...replicasOf(settings), ...apis, ...workers].map((part) => startPart(folder, part)),
    );
    const { ports, closed } = doorsOf(settings);
    const nginx = await startPart(folder, nginxPart(folder, settings.port, ports, limits, closed));
    // A restart that was interrupted may have left one out of an nginx that runs already.
    takeOut(folder, ports, closed);
    const watching = monitoring === null ? [] : await startMonitoring({ ...settings, pace: monitoring });
    return [...services, ...platform, nginx, ...watching];
  });
}

/**
 * Restarts the API and worker processes, one after the other, while the others go on; yields each one's name. The only one of
 * its kind has a deputy meanwhile.
 *
 * @throws Error when nothing runs, or naming the variable that would make another stack of it
 */
export async function stackRestart(asked: StackSettings, onRestarted: (name: string) => void): Promise<void> {
  const { folder } = asked;
  return withLock(folder, async () => {
    const settings = asStarted(asked);
    if (settings === null) throw new Error(`Nothing of the stack in ${folder} runs; start it (make stack)`);
    const { ports, closed } = doorsOf(settings);
    const { apis, workers, deputies } = platformOf(settings);
    await allDone(deputies.map((part) => startPart(folder, part)));
    const restart = async (part: Part) => {
      await endPart(folder, recordOf(folder, part.name));
      await startPart(folder, part);
      onRestarted(part.name);
    };
    for (const part of apis) {
      takeOut(folder, ports, part.ports[0] ?? null);
      await restart(part);
      takeOut(folder, ports, closed);
    }
    for (const part of workers) await restart(part);
    for (const part of deputies) await endPart(folder, recordOf(folder, part.name));
  });
}

/** The API and worker processes of a stack, and the deputies that it has while it restarts. */
function platformOf(settings: StackSettings): Record<"apis" | "workers" | "deputies", Part[]> {
  const { folder, basePort, apis, workers } = settings;
  const size = sizeOf(settings);
  const replica = replicasOf(settings)[0]?.address;
  const addresses = { ...addressesOf(folder, stackServices(settings)), replica };
  const api = (number: number) =>
    apiPart(number, basePort + number, addresses, size, metricsOf("api", number, basePort));
  const worker = (number: number) => workerPart(number, addresses, size, metricsOf("worker", number, basePort));
  const deputies = [...(apis === 1 ? [api(DEPUTY)] : []), ...(workers === 1 ? [worker(DEPUTY)] : [])];
  return { apis: upTo(apis).map(api), workers: upTo(workers).map(worker), deputies };
}

/** The ports of API processes that nginx knows, and which of them it sends nothing to, since no process is there. */
function doorsOf({ basePort, apis }: StackSettings): { ports: number[]; closed: number | null } {
  const ports = upTo(Math.max(apis, DEPUTY)).map((number) => basePort + number);
  return { ports, closed: apis === 1 ? basePort + DEPUTY : null };
}

/** Ends exactly what was started, and gives back what that was. The data stays, unless it shall be removed as well. */
export async function stackDown(
  { folder }: StackSettings,
  { data }: { data: "keep" | "remove" },
): Promise<PartRecord[]> {
  return withLock(folder, async () => {
    const ended = await endAll(folder);
    if (data === "remove") {
      removeData(folder);
      rmSync(marksOf(folder), { recursive: true, force: true });
    }
    return ended;
  });
}

function recordOf(folder: string, name: string): PartRecord {
  const record = recordsIn(folder).find((one) => one.name === name);
  if (record === undefined) throw new Error(`${name} does not run; start the stack first`);
  return record;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
