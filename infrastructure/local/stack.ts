/** The whole platform on one machine: services, API and worker processes, nginx in front. */
import { resolve } from "node:path";
import { endAll, removeData } from "./ending.ts";
import { withLock } from "./lock.ts";
import { startMonitoring } from "./monitoring.ts";
import { type GateLimits, nginxPart, takeOut } from "./nginx.ts";
import { allDone, endPart, type Part, type PartRecord, recordsIn, startPart } from "./parts.ts";
import { type Addresses, apiPart, metricsOf, workerPart } from "./platform.ts";
import type { Pace } from "./prometheus.ts";
import { addressesOf, portsFrom, SERVICES, type ServiceName, serviceParts, startServices } from "./services.ts";

export interface StackSettings {
  /** Data, logs and records. */
  folder: string;
  /** Where nginx listens. */
  port: number;
  /** API processes take the ports after it, services those at their usual distance. */
  basePort: number;
  apis: number;
  workers: number;
  /** Null: nobody is limited. */
  limits: GateLimits | null;
  /** Whether Prometheus runs beside it, and how often it looks. */
  monitoring: Pace | null;
}

const REPOSITORY = resolve(import.meta.dir, "../..");
/** The API's ports end before the first port of a service. */
const MAX_PROCESSES = 30;
/** Requests of one address under way at once, where addresses are limited: more than a browser or a program has. */
const CONNECTIONS = 100;
const MAX_LIMIT = 1_000_000;

/**
 * Reads STACK_DIR, STACK_PORT, STACK_BASE_PORT, STACK_APIS, STACK_WORKERS, RATE_LIMIT, CONNECTION_LIMIT and
 * STACK_MONITORING.
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
  return {
    folder: resolve(REPOSITORY, environment.STACK_DIR || "data/stack"),
    port: number("STACK_PORT", 8001, 65_535),
    basePort: number("STACK_BASE_PORT", 14_000, 65_000),
    apis: number("STACK_APIS", 3, MAX_PROCESSES),
    workers: number("STACK_WORKERS", 3, MAX_PROCESSES),
    limits:
      (environment.RATE_LIMIT ?? "") === ""
        ? null
        : {
            requests: number("RATE_LIMIT", 1, MAX_LIMIT),
            connections: number("CONNECTION_LIMIT", CONNECTIONS, MAX_LIMIT),
          },
    monitoring: monitoringOf(environment.STACK_MONITORING ?? ""),
  };
}

function monitoringOf(text: string): Pace | null {
  if (text === "" || text === "0") return null;
  if (text === "1") return "usual";
  if (text === "fast") return "fast";
  throw new Error(`STACK_MONITORING=${text} does not fit; give 1, or fast for alerts that fire after a second`);
}

/** The services of a stack. Its Kafka takes the platform alone, whose messages are executed before their rows are read. */
export function stackServices(folder: string, basePort: number): Record<ServiceName, Part> {
  return serviceParts(folder, portsFrom(basePort), { wantsUser: true });
}

/** Starts what does not run yet and waits until all of it works. @throws Error naming the part that does not. */
export async function stackUp(settings: StackSettings): Promise<PartRecord[]> {
  const { folder, port, basePort, limits, monitoring } = settings;
  return withLock(folder, async () => {
    const parts = stackServices(folder, basePort);
    const services = await startServices(folder, parts, SERVICES);
    const { apis, workers, apiPorts } = platformOf(settings, addressesOf(folder, parts));
    const starting = [...apis.map(({ part }) => part), ...workers];
    const platform = await allDone(starting.map((part) => startPart(folder, part)));
    // A restart that was interrupted may have left one out.
    takeOut(folder, apiPorts, null);
    const nginx = await startPart(folder, nginxPart(folder, port, apiPorts, limits));
    const watching = monitoring === null ? [] : await startMonitoring({ ...settings, pace: monitoring });
    return [...services, ...platform, nginx, ...watching];
  });
}

/** The processes of the platform itself. */
function platformOf({ basePort, apis, workers }: StackSettings, addresses: Addresses) {
  const apiPorts = upTo(apis).map((number) => basePort + number);
  return {
    apiPorts,
    apis: apiPorts.map((port, index) => ({
      port,
      part: apiPart(index + 1, port, addresses, metricsOf("api", index + 1, basePort)),
    })),
    workers: upTo(workers).map((number) => workerPart(number, addresses, metricsOf("worker", number, basePort))),
  };
}

/** Restarts the API and worker processes, one after the other, while the others go on; yields each one's name. */
export async function stackRestart(settings: StackSettings, onRestarted: (name: string) => void): Promise<void> {
  const { folder, basePort } = settings;
  return withLock(folder, async () => {
    const addresses = addressesOf(folder, stackServices(folder, basePort));
    const { apis, workers, apiPorts } = platformOf(settings, addresses);
    for (const { port, part } of apis) {
      takeOut(folder, apiPorts, port);
      await endPart(folder, recordOf(folder, part.name));
      await startPart(folder, part);
      takeOut(folder, apiPorts, null);
      onRestarted(part.name);
    }
    for (const part of workers) {
      await endPart(folder, recordOf(folder, part.name));
      await startPart(folder, part);
      onRestarted(part.name);
    }
  });
}

/** Ends exactly what was started, and gives back what that was. The data stays, unless it shall be removed as well. */
export async function stackDown(
  { folder }: StackSettings,
  { data }: { data: "keep" | "remove" },
): Promise<PartRecord[]> {
  return withLock(folder, async () => {
    const ended = await endAll(folder);
    if (data === "remove") removeData(folder);
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
