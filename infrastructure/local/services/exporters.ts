/** What tells Prometheus how the machine, PostgreSQL and Redis are: Debian's exporters, each on a port of its own. */
import { join } from "node:path";
import { type Program, pathOf } from "../processes/packages.ts";
import type { Part } from "../processes/parts.ts";
import { PLATFORM, passwordFile, passwordOf, writePrivate } from "../secrets.ts";
import { httpTrouble } from "./nginx.ts";

/** Of the tables that change most PostgreSQL's exporter has no figures of its own. */
const QUERIES = join(import.meta.dir, "../../prometheus/postgres-queries.yml");
const NODE_COLLECTORS = ["cpu", "meminfo", "filesystem", "diskstats", "loadavg", "netdev"];

/** Processors, memory, file systems, disks and network of this machine. */
export function nodeExporterPart(port: number): Part {
  const collectors = ["--collector.disable-defaults", ...NODE_COLLECTORS.map((name) => `--collector.${name}`)];
  return exporterPart("node", "prometheus-node-exporter", port, () => ({ words: collectors }));
}

/** Of PostgreSQL itself, past PgBouncer. */
export function postgresExporterPart(folder: string, port: number, postgresPort: number): Part {
  return exporterPart("postgres", "prometheus-postgres-exporter", port, () => ({
    words: [`--extend.query-path=${QUERIES}`, "--log.level=warn"],
    env: {
      DATA_SOURCE_URI: `127.0.0.1:${postgresPort}/${PLATFORM}?sslmode=disable`,
      DATA_SOURCE_USER: PLATFORM,
      DATA_SOURCE_PASS_FILE: passwordFile(folder, "postgres"),
    },
  }));
}

export function redisExporterPart(folder: string, port: number, redisPort: number): Part {
  return exporterPart("redis", "prometheus-redis-exporter", port, () => {
    const address = `redis://127.0.0.1:${redisPort}`;
    const passwords = join(folder, "redis-exporter/passwords.json");
    writePrivate(passwords, JSON.stringify({ [address]: passwordOf(folder, "redis") }));
    return { words: [`--redis.addr=${address}`, `--redis.password-file=${passwords}`] };
  });
}

/** What an exporter is told beside its own address. */
interface Told {
  words: string[];
  env?: Record<string, string>;
}

function exporterPart(name: string, program: Program, port: number, told: () => Told): Part {
  const address = `http://127.0.0.1:${port}`;
  return {
    name: `${name}-exporter`,
    address,
    ports: [port],
    async prepare() {
      const { words, env = {} } = told();
      return { command: [pathOf(program), `--web.listen-address=127.0.0.1:${port}`, ...words], env };
    },
    trouble: () => httpTrouble(`${address}/metrics`),
    stop: { signal: "SIGTERM", seconds: 5 },
    startSeconds: 30,
  };
}
