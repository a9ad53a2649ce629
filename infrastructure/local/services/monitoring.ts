/** Prometheus and what it needs beside a stack: `make stack MONITORING=1`. */

import { metricsOf } from "../platform.ts";
import { install, type Program } from "../processes/packages.ts";
import { allDone, type PartRecord, startPart } from "../processes/parts.ts";
import { portsFrom } from "../services.ts";
import { nodeExporterPart, postgresExporterPart, redisExporterPart } from "./exporters.ts";
import { type Pace, prometheusPart, writeTargets } from "./prometheus.ts";

/** Installed at once, since each time asks Debian first. */
const PROGRAMS: Program[] = [
  ...(["prometheus", "promtool", "prometheus-node-exporter"] as const),
  ...(["prometheus-postgres-exporter", "prometheus-redis-exporter"] as const),
];
const PORT_OFFSETS = { node: 35, postgres: 36, redis: 37, prometheus: 90 };

/** What Prometheus looks at. */
export interface Watched {
  folder: string;
  basePort: number;
  apis: number;
  workers: number;
  pace: Pace;
}

/** Starts what of it does not run, and has Prometheus ask every process of the stack. */
export async function startMonitoring({ folder, basePort, apis, workers, pace }: Watched): Promise<PartRecord[]> {
  await install(PROGRAMS);
  const { postgres, redis } = portsFrom(basePort);
  const at = (offset: number) => `127.0.0.1:${basePort + offset}`;
  writeTargets(folder, {
    api: placesOf("api", apis, basePort),
    worker: placesOf("worker", workers, basePort),
    node: { machine: at(PORT_OFFSETS.node) },
    postgres: { postgres: at(PORT_OFFSETS.postgres) },
    redis: { redis: at(PORT_OFFSETS.redis) },
    prometheus: { prometheus: at(PORT_OFFSETS.prometheus) },
  });
  const parts = [
    nodeExporterPart(basePort + PORT_OFFSETS.node),
    postgresExporterPart(folder, basePort + PORT_OFFSETS.postgres, postgres),
    redisExporterPart(folder, basePort + PORT_OFFSETS.redis, redis),
    prometheusPart(folder, basePort + PORT_OFFSETS.prometheus, pace),
  ];
  return allDone(parts.map((part) => startPart(folder, part)));
}

function placesOf(kind: "api" | "worker", count: number, basePort: number): Record<string, string> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return Object.fromEntries(
    numbers.map((number) => {
      const { host, port } = metricsOf(kind, number, basePort);
      return [`${kind}-${number}`, `${host}:${port}`];
    }),
  );
}
