/**
 * The services that the platform uses, as real processes on 127.0.0.1: what `make stack` runs below the platform, and
 * what tests of adapters talk to.
 *
 * @example const { redis } = await servicesUp(["redis"]);
 */
import { join, resolve } from "node:path";
import { endAll, removeData } from "./processes/ending.ts";
import { isPortFree } from "./processes/kernel.ts";
import { withLock } from "./processes/lock.ts";
import { allDone, type Part, type PartRecord, recordsIn, startPart } from "./processes/parts.ts";
import { PLATFORM, passwordOf } from "./secrets.ts";
import { type KafkaSettings, kafkaParts, nodesFrom, WANTS_USER } from "./services/kafka.ts";
import { pgbouncerPart } from "./services/pgbouncer.ts";
import { postgresPart, withPassword } from "./services/postgres.ts";
import { redisPart } from "./services/redis.ts";
import { type Size, USUAL_SIZE } from "./sizing.ts";

export const SERVICES = ["postgres", "pgbouncer", "redis", "kafka"] as const;
export type ServiceName = (typeof SERVICES)[number];
type PerService<Value> = Record<ServiceName, Value>;

export interface ServiceSettings {
  /** Data, logs and records; `.tools/services` of the repository unless SERVICES_DIR names another. */
  folder?: string;
  /** Ports to have and no others. Without one, the usual port is taken or, when it is taken, the next free one. */
  ports?: Partial<PerService<number>>;
  kafka?: KafkaSettings;
}

/** The processes of each service: Kafka may have more than one. */
export type ServiceParts = PerService<Part[]>;

/** Added to a base port, so that the last digits remind of the usual ports. Kafka takes the port after its own as well, and each more of its brokers the next two. */
const PORT_OFFSETS: PerService<number> = { postgres: 32, pgbouncer: 33, redis: 79, kafka: 92 };
/** Tests find PostgreSQL on 15432, PgBouncer on 15433, Redis on 15479 and Kafka on 15492, unless SERVICES_BASE_PORT is another. */
const TEST_BASE_PORT = Number(process.env.SERVICES_BASE_PORT ?? 15_400);
const NEXT_BASE = 100;

/**
 * Starts those that do not run yet in the folder, waits until each answers, and gives the address of each. Several
 * processes may call it at once; PgBouncer brings PostgreSQL along.
 *
 * @throws Error naming the service that does not start, with the end of its log.
 */
export async function servicesUp<Name extends ServiceName>(
  names: readonly Name[],
  settings: ServiceSettings = {},
): Promise<Record<Name, string>> {
  const folder = folderOf(settings);
  return withLock(folder, async () => {
    const wanted = new Set<ServiceName>(names);
    if (wanted.has("pgbouncer")) wanted.add("postgres");
    const ports = { postgres: 0, pgbouncer: 0, redis: 0, kafka: 0 };
    for (const name of wanted) ports[name] = settings.ports?.[name] ?? testPort(name, recordsIn(folder));
    const parts = serviceParts(folder, ports, { kafka: settings.kafka });
    await startServices(folder, parts, [...wanted]);
    return addressesOf(folder, parts);
  });
}

/** Ends exactly what was started in the folder, and removes its data. */
export async function servicesDown(settings: ServiceSettings = {}): Promise<void> {
  const folder = folderOf(settings);
  await withLock(folder, async () => {
    await endAll(folder);
    removeData(folder);
  });
}

/** Every service at its usual distance from a base port. */
export function portsFrom(base: number): PerService<number> {
  const { postgres, pgbouncer, redis, kafka } = PORT_OFFSETS;
  return { postgres: base + postgres, pgbouncer: base + pgbouncer, redis: base + redis, kafka: base + kafka };
}

/** What the services are for: by default one broker, no replica, and a platform of the usual size. */
export interface Purpose {
  kafka?: KafkaSettings | undefined;
  brokers?: number;
  /** Of the platform. */
  size?: Size;
  hasReplica?: boolean;
}

/** The services of a folder, on these ports. */
export function serviceParts(folder: string, ports: PerService<number>, purpose: Purpose = {}): ServiceParts {
  const { kafka, brokers = 1, size = USUAL_SIZE, hasReplica = false } = purpose;
  return {
    postgres: [postgresPart(folder, ports.postgres, size, { hasReplica })],
    pgbouncer: [pgbouncerPart(folder, ports.pgbouncer, ports.postgres, size)],
    redis: [redisPart(folder, ports.redis)],
    kafka: kafkaParts(folder, nodesFrom(ports.kafka, brokers), kafka),
  };
}

/** Where each service is, with the passwords of the folder; several addresses have commas in between. */
export function addressesOf(folder: string, parts: ServiceParts): PerService<string> {
  const at = (name: ServiceName) => parts[name].map(({ address }) => address).join();
  const brokers = at("kafka").replaceAll(WANTS_USER, "");
  const user = at("kafka").startsWith(WANTS_USER) ? `${PLATFORM}:${passwordOf(folder, "kafka")}@` : "";
  return {
    postgres: withPassword(at("postgres"), folder),
    pgbouncer: withPassword(at("pgbouncer"), folder),
    redis: at("redis").replace("://", `://:${passwordOf(folder, "redis")}@`),
    kafka: `${user}${brokers}`,
  };
}

/** The parts of Kafka's address; the user is empty where it takes everybody. */
export function kafkaAddress(address: string): { brokers: string; username: string; password: string } {
  const [, username = "", password = "", brokers = ""] = /^(?:([^:]*):(.*)@)?([^@]*)$/.exec(address) ?? [];
  return { brokers, username, password };
}

/** Starts services, those that need no other at the same time. */
export async function startServices(
  folder: string,
  parts: ServiceParts,
  names: readonly ServiceName[],
): Promise<PartRecord[]> {
  const start = (name: ServiceName) => parts[name].map((part) => startPart(folder, part));
  const independent = names.filter((name) => name !== "pgbouncer");
  const records = await allDone(independent.flatMap(start));
  return names.includes("pgbouncer") ? [...records, ...(await allDone(start("pgbouncer")))] : records;
}

function folderOf({ folder }: ServiceSettings): string {
  return resolve(folder ?? process.env.SERVICES_DIR ?? join(import.meta.dir, "../../.tools/services"));
}

function testPort(name: ServiceName, records: PartRecord[]): number {
  const before = records.find((record) => record.name === name)?.ports[0];
  if (before !== undefined) return before;
  let port = TEST_BASE_PORT + PORT_OFFSETS[name];
  while (!isPortFree(port) || !isPortFree(port + 1)) port += NEXT_BASE;
  return port;
}
