/** The whole platform on one machine: services, API and worker processes, nginx in front. */
import { resolve } from "node:path";
import { endAll, removeData } from "./ending.ts";
import { withLock } from "./lock.ts";
import { type GateLimits, nginxPart, takeOut } from "./nginx.ts";
import { allDone, endPart, type Part, type PartRecord, recordsIn, startPart } from "./parts.ts";
import { apiPart, workerPart } from "./platform.ts";
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
}

const REPOSITORY = resolve(import.meta.dir, "../..");
/** The API's ports end before the first port of a service. */
const MAX_PROCESSES = 30;
/** Requests of one address under way at once, where addresses are limited: more than a browser or a program has. */
const CONNECTIONS = 100;
const MAX_LIMIT = 1_000_000;

/**
 * Reads STACK_DIR, STACK_PORT, STACK_BASE_PORT, STACK_APIS, STACK_WORKERS, RATE_LIMIT and CONNECTION_LIMIT.
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
  };
}

/** The services of a stack. Its Kafka takes the platform alone, whose messages are executed before their rows are read. */
export function stackServices(folder: string, basePort: number): Record<ServiceName, Part> {
  return serviceParts(folder, portsFrom(basePort), { wantsUser: true });
}

/** Starts what does not run yet and waits until all of it works. @throws Error naming the part that does not. */
export async function stackUp(settings: StackSettings): Promise<PartRecord[]> {
  const { folder, port, basePort, apis, workers, limits } = settings;
  return withLock(folder, async () => {
    const parts = stackServices(folder, basePort);
    const addresses = addressesOf(folder, parts);
    const apiPorts = upTo(apis).map((number) => basePort + number);
    const services = await startServices(folder, parts, SERVICES);
    const platform = await allDone([
      ...apiPorts.map((apiPort, index) => startPart(folder, apiPart(index + 1, apiPort, addresses))),
      ...upTo(workers).map((number) => startPart(folder, workerPart(number, addresses))),
    ]);
    // A restart that was interrupted may have left one out.
    takeOut(folder, apiPorts, null);
    return [...services, ...platform, await startPart(folder, nginxPart(folder, port, apiPorts, limits))];
  });
}

/** Restarts the API and worker processes, one after the other, while the others go on; yields each one's name. */
export async function stackRestart(
  { folder, basePort, apis, workers }: StackSettings,
  onRestarted: (name: string) => void,
): Promise<void> {
  return withLock(folder, async () => {
    const addresses = addressesOf(folder, stackServices(folder, basePort));
    const apiPorts = upTo(apis).map((number) => basePort + number);
    for (const [index, port] of apiPorts.entries()) {
      const part = apiPart(index + 1, port, addresses);
      takeOut(folder, apiPorts, port);
      await endPart(folder, recordOf(folder, part.name));
      await startPart(folder, part);
      takeOut(folder, apiPorts, null);
      onRestarted(part.name);
    }
    for (const number of upTo(workers)) {
      const part = workerPart(number, addresses);
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
