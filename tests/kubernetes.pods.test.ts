/** What a pod of the chart may do, has, and is told; there is no cluster where tests run. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../src/config.ts";
import { imageEnvironment, readText } from "./harness/docker/files.ts";
import { CHART, render, renderSets, SETS, type SetName, valuesOf } from "./harness/kubernetes/helm.ts";
import { type Pod, podOf, podsOf } from "./harness/kubernetes/objects.ts";
import { faultsOfPod, longestEnd } from "./harness/kubernetes/rules.ts";

// The first time helm is fetched.
setDefaultTimeout(180_000);

const secrets = {
  POSTGRES_PASSWORD: "0a1b2c",
  MIGRATE_DATABASE_URL: "postgres://postgres:5432",
  KAFKA_SASL_PASSWORD: "6a7b8c",
  REDIS_PASSWORD: "9d0e1f",
};
const folder = mkdtempSync(join(tmpdir(), "chart-"));
let rendered: Record<SetName, Record<string, unknown>[]>;
beforeAll(async () => {
  rendered = await renderSets();
  for (const [name, value] of Object.entries(secrets)) writeFileSync(join(folder, name), value);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The configuration of a pod whose Secret is the folder. */
function configOf({ environment }: Pod) {
  const own = Object.entries(environment).map(([name, value]) => [
    name,
    value.replace(/^\/run\/secrets\/platform\b/, folder),
  ]);
  return loadConfig({ ...imageEnvironment("Dockerfile"), ...Object.fromEntries(own) });
}

for (const set of SETS) {
  test(`${set}: every pod keeps the rules`, () => {
    const pods = podsOf(rendered[set]);
    expect(pods.map(({ component }) => component).sort()).toEqual(["api", "migrate", "worker"]);
    expect(pods.flatMap(faultsOfPod)).toEqual([]);
  });

  test(`${set}: every pod gets settings that are accepted, and its passwords from files`, () => {
    for (const pod of podsOf(rendered[set])) {
      const { mode, postgres, kafka, redis } = configOf(pod);
      expect([pod.component, mode]).toEqual([pod.component, "postgres + kafka + redis"]);
      expect(postgres?.address).toMatchObject({ host: "pgbouncer", port: 6432, password: secrets.POSTGRES_PASSWORD });
      expect(postgres?.migrateAddress).toMatchObject({ host: "postgres", password: secrets.POSTGRES_PASSWORD });
      expect(kafka?.sasl?.password).toBe(secrets.KAFKA_SASL_PASSWORD);
      expect(redis?.password).toBe(secrets.REDIS_PASSWORD);
    }
  });
}

test("the API knows the names under which it is reached", async () => {
  const objects = await render([valuesOf("production"), "--set=api.settings.PUBLIC_HOSTS=flows.example"]);
  const own = "flows-workflow-platform-api.platform";
  const hosts = ["workflows.example", "flows.example", own, `${own}.svc`, `${own}.svc.cluster.local`];
  expect(configOf(podOf(objects, "api")).publicHosts).toEqual(hosts);
  const inside = podOf(rendered.small, "api");
  expect(configOf(inside).publicHosts).toEqual([own, `${own}.svc`, `${own}.svc.cluster.local`]);
});

test("a component's own settings come before those of all, false and 0 too", async () => {
  const objects = await render([
    "--set=api.settings.POSTGRES_PREPARE=false,api.settings.RETENTION_DAYS=0,settings.RETENTION_DAYS=7",
  ]);
  const settingsOf = (component: "api" | "worker") => {
    const { POSTGRES_PREPARE, RETENTION_DAYS } = podOf(objects, component).environment;
    return [POSTGRES_PREPARE, RETENTION_DAYS];
  };
  expect([settingsOf("api"), settingsOf("worker")]).toEqual([
    ["false", "0"],
    ["true", "7"],
  ]);
});

test("a replica is read by the API, and by nothing that decides a write", async () => {
  const objects = await render(["--set=api.settings.POSTGRES_REPLICA_HOST=postgres-replica"]);
  const replicaOf = (component: "api" | "worker") =>
    configOf(podOf(objects, component)).postgres?.replicaAddress ?? null;
  expect(replicaOf("api")).toMatchObject({ host: "postgres-replica", port: 5432, password: secrets.POSTGRES_PASSWORD });
  expect(replicaOf("worker")).toBeNull();
  expect(configOf(podOf(rendered.small, "api")).postgres?.replicaAddress ?? null).toBeNull();
});

test("the image is the one of this version, or of a tag, or of a digest", async () => {
  const imageOf = async (...options: string[]) => podOf(await render(options), "worker").container.image;
  const { version } = await Bun.file("package.json").json();
  expect(await imageOf()).toBe(`workflow-platform:${version}`);
  expect(await imageOf("--set=image.tag=7")).toBe("workflow-platform:7");
  const digest = `sha256:${"0".repeat(64)}`;
  expect(await imageOf("--set=image.tag=7", `--set=image.digest=${digest}`)).toBe(`workflow-platform@${digest}`);
});

test("the time to end is the code's own: a longer drain asks for more", async () => {
  expect(longestEnd("api", 10)).toBeGreaterThan(25);
  expect(longestEnd("worker", 0)).toBeGreaterThan(30);
  const longest = [longestEnd("api", 10), longestEnd("worker", 0)].map((seconds) => `${Math.round(seconds)} s`);
  expect(readText("infrastructure/kubernetes/README.md")).toContain(`that takes ${longest.join(" and ")} at most`);
  const pod = podOf(await render(["--set=api.settings.DRAIN_SECONDS=15,terminationGracePeriodSeconds=30"]), "api");
  expect(faultsOfPod(pod)).toEqual([expect.stringContaining("it is killed after 30 s, and takes 32.05 s to end")]);
});

describe("a chart with a mistake is found", () => {
  const mistakes: [what: string, from: RegExp, to: string, fault: string][] = [
    ["no readiness", /readinessProbe:\n( {2}.*\n)+/, "", "api, probes: no readinessProbe"],
    ["readiness without the database", /\/health\/ready/, "/health", "api, probes: readinessProbe asks metrics/health"],
    ["an impatient start", /failureThreshold: 60/, "failureThreshold: 10", "api, probes: a start of 60 s has 20 s"],
    ["a shell", /\[bun, \{\{ .program \}\}\]/, '[sh, -c, "bun {{ .program }}"]', "api, signals: the command is"],
    ["no limits", /resources:\n.*\n/, "resources: {}\n", "api, limits: no cpu in requests"],
    ["root", /runAsUser: 1000/, "runAsUser: 0", "api, rights: pod: runAsUser is not 1000"],
    ["a root that can be written", /readOnlyRootFilesystem: true/, "readOnlyRootFilesystem: false", "api, rights:"],
    ["a secret for all", /defaultMode: 256/, "defaultMode: 292", "api, secrets: a Secret may be read by others"],
    ["a password in a variable", /_FILE, value: .*\}\} \}/, ", value: x }", "api, secrets: POSTGRES_PASSWORD is in"],
    ["a setting that is none", /"METRICS_PORT" 9100/, '"METRIC_PORT" 9100', "api, settings: METRIC_PORT is no setting"],
  ];
  for (const [what, from, to, fault] of mistakes) {
    test(what, async () => {
      const copy = mkdtempSync(join(tmpdir(), "chart-"));
      try {
        cpSync(CHART, copy, { recursive: true });
        const path = join(copy, "templates/_pod.tpl");
        const text = readFileSync(path, "utf8");
        const changed = text.replace(from, to);
        expect(changed).not.toBe(text);
        writeFileSync(path, changed);
        const faults = podsOf(await render([], copy)).flatMap(faultsOfPod);
        expect(faults).toContainEqual(expect.stringContaining(fault));
      } finally {
        rmSync(copy, { recursive: true });
      }
    });
  }
});
