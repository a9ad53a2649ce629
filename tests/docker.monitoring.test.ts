/** What watches the containers, under the profile `monitoring`: it asks those that there are, and shows what is mounted. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { install } from "../infrastructure/local/processes/packages.ts";
import { composeConfig, type Service, servicesOf } from "./harness/docker/compose.ts";
import { readText } from "./harness/docker/files.ts";
import { listAt, textAt } from "./harness/http/json.ts";

// The first time docker-compose is installed.
setDefaultTimeout(180_000);

let services: Service[] = [];
beforeAll(async () => {
  await install(["docker-compose"]);
  const names = ["POSTGRES_PASSWORD", "POSTGRES_ADMIN_PASSWORD", "KAFKA_PASSWORD", "REDIS_PASSWORD"];
  services = servicesOf((await composeConfig(Object.fromEntries(names.map((name) => [name, "0a1b2c"])))).printed);
});

const service = (name: string): Service => {
  const found = services.find((one) => one.name === name);
  if (found === undefined) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};

test("Prometheus asks each process and exporter where it has its metrics", () => {
  const targets = service("prometheus").mounts.find(({ target }) => target === "/etc/prometheus/targets")?.source ?? "";
  const asked = (job: string) =>
    listAt(JSON.parse(readText(join(targets, `${job}.json`)))).flatMap((group) =>
      listAt(group, "targets").map((target) => [textAt(group, "labels", "instance"), target]),
    );
  for (const [job, command] of [
    ["api", "api"],
    ["worker", "worker"],
  ] as const) {
    const processes = services.filter(({ command: words }) => words.at(-1) === command);
    expect(asked(job)).toEqual(processes.map(({ name, environment }) => [name, `${name}:${environment.METRICS_PORT}`]));
    for (const { environment } of processes) expect(environment.METRICS_HOST).toBe("0.0.0.0");
  }
  expect(asked("postgres")).toEqual([["postgres", "postgres-exporter:9187"]]);
  expect(asked("redis")).toEqual([["redis", "redis-exporter:9121"]]);
  const jobs = listAt(Bun.YAML.parse(readText("infrastructure/prometheus/prometheus.yml")), "scrape_configs");
  for (const job of jobs) expect(asked(textAt(job, "job_name"))).toBeArray();
});

test("Grafana reads the dashboards that are mounted, from the Prometheus beside it", () => {
  const { mounts, environment, networks } = service("grafana");
  const provisioning = mounts.find(({ source }) => source === "infrastructure/grafana/provisioning");
  expect(provisioning?.target).toBe(String(environment.GF_PATHS_PROVISIONING));
  const provider = Bun.YAML.parse(readText("infrastructure/grafana/provisioning/dashboards/files.yml"));
  const dashboards = mounts.find(({ source }) => source === "infrastructure/grafana/dashboards");
  expect(dashboards?.target).toBe(textAt(provider, "providers", 0, "options", "path"));
  const source = Bun.YAML.parse(readText("infrastructure/grafana/provisioning/datasources/prometheus.yml"));
  expect(textAt(source, "datasources", 0, "url")).toBe("${PROMETHEUS_URL}");
  expect(networks).toEqual(["watch"]);
});
