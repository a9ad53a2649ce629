/** Where the services of docker-compose.yml listen, and which addresses of others they are told. */
import type { Service } from "./compose.ts";
import { readText } from "./files.ts";

/** Whether a service is one of Kafka's nodes. */
export function isBroker(name: string): boolean {
  return name.startsWith("kafka");
}

/** Where each service listens, as its own configuration says: "host:port". */
export function listening(services: Service[]): string[] {
  const variable = (name: string, key: string) => services.find((one) => one.name === name)?.environment[key] ?? "";
  const apis = services.filter(({ command }) => command.at(-1) === "api");
  const pooler = /^listen_port = (\d+)$/m.exec(readText("infrastructure/docker/pgbouncer/start"))?.[1];
  const ofBroker = (listener: string) =>
    new RegExp(`${listener}://(?:0\\.0\\.0\\.0)?:(\\d+)`).exec(variable("kafka", "KAFKA_LISTENERS"))?.[1];
  const brokers = services.filter(({ name }) => isBroker(name)).map(({ name }) => name);
  return [
    ...apis.map(({ name, environment }) => `${name}:${environment.PORT}`),
    `nginx:${variable("nginx", "NGINX_LISTEN")}`,
    `pgbouncer:${pooler}`,
    // PostgreSQL's own port: neither its configuration nor its command names another.
    ...["postgres:5432", "postgres-replica:5432"],
    `redis:${/--port (\d+)/.exec(readText("infrastructure/docker/redis/start"))?.[1]}`,
    // The usual ports of theirs: nothing names another.
    ...["prometheus:9090", "grafana:3000", "postgres-exporter:9187", "redis-exporter:9121"],
    ...["CLIENTS", "CONTROLLER"].flatMap((listener) => brokers.map((name) => `${name}:${ofBroker(listener)}`)),
  ];
}

/** Every "host:port" of another service that a service is told. */
export function told({ name, environment, command }: Service): string[] {
  const { POSTGRES_HOST, POSTGRES_PORT, REDIS_HOST, REDIS_PORT } = environment;
  const pairs = [
    ...(POSTGRES_HOST === undefined ? [] : [`${POSTGRES_HOST}:${POSTGRES_PORT}`]),
    ...(REDIS_HOST === undefined ? [] : [`${REDIS_HOST}:${REDIS_PORT}`]),
  ];
  const texts = [...Object.values(environment), ...command].join(" ");
  const written = [...texts.matchAll(/(?:^|[\s@/,])([a-z]+(?:-\d+)?):(\d+)(?=[\s/;,]|$)/g)].map(
    ([, host, port]) => `${host}:${port}`,
  );
  return [...new Set([...pairs, ...written])].filter((address) => !address.startsWith(`${name}:`));
}
