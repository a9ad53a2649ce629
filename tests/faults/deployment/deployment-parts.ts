/** The parts that a deployment of the suite is made of. */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import postgres from "postgres";
import { type Addresses, apiPart, workerPart } from "../../../infrastructure/local/platform.ts";
import type { Part } from "../../../infrastructure/local/processes/parts.ts";
import { nginxPart } from "../../../infrastructure/local/services/nginx.ts";
import { addressesOf, type ServiceParts } from "../../../infrastructure/local/services.ts";
import { sizeOf } from "../../../infrastructure/local/sizing.ts";
import { stackServices } from "../../../infrastructure/local/stack.ts";
import { basePortOf, frontPortOf } from "../../harness/lane.ts";
import { SINKS } from "../../harness/platform.ts";

export interface DeploymentSettings {
  apis?: number;
  workers?: number;
  /** Of Kafka. Three have services of their own, and stay up no longer than the deployment. */
  brokers?: 1 | 3;
  /** Added to the environment of every API and worker. */
  env?: Record<string, string>;
  /** Changes a part before it is first started: other settings, another port in between. */
  adapt?(part: Part): Part;
  /** Where the platform finds its services, given where they are: a proxy may stand in between. */
  reach?(addresses: Addresses): Addresses;
}

/** The stack whose folder and ports a deployment has. */
export function stackOf({ brokers = 1 }: DeploymentSettings): "fault-stack" | "fault-stack-brokers" {
  return brokers === 1 ? "fault-stack" : "fault-stack-brokers";
}

/** Services, and the platform's own parts, which find them under other addresses where there is something in between. */
export function partsOf(
  folder: string,
  name: string,
  settings: DeploymentSettings,
): { services: ServiceParts; platform: Part[]; addresses: Addresses } {
  const { apis = 2, workers = 2, brokers = 1, env = {} } = settings;
  const stack = stackOf(settings);
  const basePort = basePortOf(stack);
  const size = sizeOf({ apis, workers });
  const { adapt = (part) => part, reach = (addresses) => addresses } = settings;
  const usual = stackServices({ folder, basePort, apis, workers, brokers, replica: false });
  const services = {
    postgres: usual.postgres.map(adapt),
    pgbouncer: usual.pgbouncer.map(adapt),
    redis: usual.redis.map(adapt),
    kafka: usual.kafka.map((part) => adapt(quickKafka(folder, part))),
  };
  const addresses = addressesOf(folder, services);
  const reached = reach(addresses);
  const own = {
    POSTGRES_DB: name,
    MIGRATE_DATABASE_URL: databaseOf(reached.postgres, name),
    KAFKA_CONSUMER_GROUP: name,
    KAFKA_TOPIC_WORKFLOW_TRIGGER: `${name}.trigger`,
    KAFKA_TOPIC_WORKFLOW_COMPLETED: `${name}.completed`,
    WEBHOOK_ALLOW: SINKS,
    ...env,
  };
  const ports = upTo(apis).map((number) => basePort + number);
  const platform = [
    ...ports.map((apiPort, index) => withEnvironment(apiPart(index + 1, apiPort, reached, size), own)),
    ...upTo(workers).map((number) => withEnvironment(workerPart(number, reached, size), own)),
    nginxPart(folder, frontPortOf(stack), ports),
  ].map(adapt);
  return { services, platform, addresses };
}

/** The address of another database of the same server. */
export function databaseOf(address: string, name: string): string {
  return address.replace(/\/[^/]*$/, `/${name}`);
}

/** The same service by another port, where something stands before it. */
export function atPort(address: string, port: number): string {
  return address.replace(/:\d+\//, `:${port}/`);
}

/** An empty database; those of earlier deployments go. */
export async function freshDatabase(address: string, name: string): Promise<void> {
  const sql = postgres(address, { max: 1, fetch_types: false, onnotice: () => {} });
  const old = await sql<{ datname: string }[]>`select datname from pg_database where datname like 'faults\_%'`;
  for (const { datname } of old) await sql.unsafe(`drop database ${datname} with (force)`);
  await sql.unsafe(`create database ${name}`);
  await sql.end();
}

function withEnvironment(part: Part, env: Record<string, string>): Part {
  return {
    ...part,
    async prepare() {
      const launch = await part.prepare();
      return { ...launch, env: { ...launch.env, ...env } };
    },
  };
}

/** A broker that was killed waits until its old session is over before it works again: here that is soon. */
function quickKafka(folder: string, part: Part): Part {
  return {
    ...part,
    async prepare() {
      const launch = await part.prepare();
      const own = ["broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500"];
      appendFileSync(join(folder, part.name, "server.properties"), `${own.join("\n")}\n`);
      // Less of the compiler at its start, which is most of what a start takes.
      return { ...launch, env: { ...launch.env, JAVA_TOOL_OPTIONS: "-XX:TieredStopAtLevel=1" } };
    },
  };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
