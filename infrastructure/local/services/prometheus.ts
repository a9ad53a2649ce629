import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathOf, run } from "../processes/packages.ts";
import type { Part } from "../processes/parts.ts";
import { httpTrouble } from "./nginx.ts";

const SOURCES = join(import.meta.dir, "../../prometheus");
const FILES = ["prometheus.yml", "rules/recording.yml", "rules/alerts.yml"];
const RETENTION = ["--storage.tsdb.retention.time=15d", "--storage.tsdb.retention.size=2GB"];

/** What Prometheus asks, by job: `host:port` of each instance. */
export type Targets = Record<string, Record<string, string>>;

/** `fast` is for tests: it asks each second, and an alert fires once what it says has been so for a second. */
export type Pace = "usual" | "fast";

/** Prometheus with the rules of this repository. What it asks is in `writeTargets`. */
export function prometheusPart(folder: string, port: number, pace: Pace): Part {
  const address = `http://127.0.0.1:${port}`;
  return {
    name: "prometheus",
    address,
    ports: [port],
    async prepare() {
      const home = homeOf(folder);
      for (const name of FILES) write(join(home, name), atPace(readFileSync(join(SOURCES, name), "utf8"), pace));
      await run([pathOf("promtool"), "check", "config", join(home, "prometheus.yml")]);
      return {
        command: [
          pathOf("prometheus"),
          `--config.file=${join(home, "prometheus.yml")}`,
          `--storage.tsdb.path=${join(home, "data")}`,
          `--web.listen-address=127.0.0.1:${port}`,
          "--log.level=warn",
          ...RETENTION,
        ],
      };
    },
    trouble: () => httpTrouble(`${address}/-/ready`),
    stop: { signal: "SIGTERM", seconds: 20 },
    startSeconds: 30,
  };
}

/** Says what to ask. A Prometheus that runs sees it within a moment. */
export function writeTargets(folder: string, targets: Targets): void {
  for (const [job, instances] of Object.entries(targets)) {
    const groups = Object.entries(instances).map(([instance, place]) => ({ targets: [place], labels: { instance } }));
    write(join(homeOf(folder), "targets", `${job}.json`), JSON.stringify(groups));
  }
}

/** The text of a file of rules or settings at a pace; what is asked and compared stays. */
export function atPace(text: string, pace: Pace): string {
  if (pace === "usual") return text;
  return text.replace(/^( *(?:for|keep_firing_for|scrape_interval|evaluation_interval):) \S+$/gm, "$1 1s");
}

function homeOf(folder: string): string {
  return join(folder, "prometheus");
}

/** Whole or not at all, for who reads it meanwhile. */
function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
