/** The three sets of values of the Helm chart: how much of everything, and what makes it more. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { loadConfig } from "../src/config.ts";
import { oldestDue } from "../src/metrics/gauges.ts";
import { requestSeconds } from "../src/metrics/table.ts";
import { readText } from "./harness/docker/files.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import { render, renderSets, SETS, type SetName, valuesOf } from "./harness/kubernetes/helm.ts";
import { objectOf, ofKind, podOf } from "./harness/kubernetes/objects.ts";

// The first time helm is fetched.
setDefaultTimeout(180_000);

/** What the original's scaling document says of each: processes, processors and memory, partitions, brokers, days. */
const FIGURES = {
  small: { api: [2, 6], worker: [2, 3], replicas: [3, 3], each: ["500m", "384Mi"], partitions: 3, brokers: 1, days: 0 },
  production: {
    api: [2, 20],
    worker: [2, 12],
    replicas: [10, 10],
    each: ["1", "512Mi"],
    partitions: 12,
    brokers: 3,
    days: 90,
  },
  "high-scale": {
    api: [10, 40],
    worker: [10, 30],
    replicas: [20, 30],
    each: ["2", "768Mi"],
    partitions: 30,
    brokers: 5,
    days: 30,
  },
};
const COMPONENTS = ["api", "worker"] as const;
const fullName = (component: string) => `flows-workflow-platform-${component}`;

let rendered: Record<SetName, Record<string, unknown>[]>;
beforeAll(async () => {
  rendered = await renderSets();
});

describe("the sets", () => {
  for (const set of SETS) {
    const wanted = FIGURES[set];
    test(`${set} has the original's figures`, async () => {
      for (const component of COMPONENTS) {
        const { container, environment } = podOf(rendered[set], component);
        const { KAFKA_PARTITIONS, KAFKA_BOOTSTRAP_SERVERS = "", RETENTION_DAYS } = environment;
        const [cpu, memory] = wanted.each;
        expect(container.resources).toEqual({ requests: { cpu, memory }, limits: { cpu, memory } });
        expect([KAFKA_PARTITIONS, RETENTION_DAYS]).toEqual([String(wanted.partitions), String(wanted.days)]);
        expect(KAFKA_BOOTSTRAP_SERVERS.split(",").length).toBe(wanted.brokers);
        // What scales it is the one place that says how many there are.
        expect(at(objectOf(rendered[set], "Deployment", component), "spec", "replicas")).toBe(undefined);
      }
      const still = await render([
        valuesOf(set),
        ...COMPONENTS.map((name) => `--set=${name}.autoscaling.enabled=false`),
      ]);
      expect([...ofKind(still, "HorizontalPodAutoscaler"), ...ofKind(still, "ScaledObject")]).toEqual([]);
      const replicas = COMPONENTS.map((name) => at(objectOf(still, "Deployment", name), "spec", "replicas"));
      expect(replicas).toEqual(wanted.replicas);
    });

    test(`${set} scales within its bounds, workers to no more than partitions`, () => {
      const { api, worker } = wanted;
      const autoscaler = objectOf(rendered[set], "HorizontalPodAutoscaler", "api");
      expect([at(autoscaler, "spec", "minReplicas"), at(autoscaler, "spec", "maxReplicas")]).toEqual(api);
      const [kind, least, most] =
        set === "small"
          ? (["HorizontalPodAutoscaler", "minReplicas", "maxReplicas"] as const)
          : (["ScaledObject", "minReplicaCount", "maxReplicaCount"] as const);
      const scaler = objectOf(rendered[set], kind, "worker");
      expect([at(scaler, "spec", least), at(scaler, "spec", most)]).toEqual(worker);
      expect(worker[1]).toBeLessThanOrEqual(wanted.partitions);
      expect(textAt(scaler, "spec", "scaleTargetRef", "name")).toBe(fullName("worker"));
      expect(textAt(autoscaler, "spec", "scaleTargetRef", "name")).toBe(fullName("api"));
    });
  }

  test("say how many connections their pods open", () => {
    for (const set of ["production", "high-scale"] as const) {
      // While they are replaced, there is one more of each.
      const most = COMPONENTS.map((name) => (FIGURES[set][name][1] ?? 0) + 1);
      const pool = Number(podOf(rendered[set], "api").environment.POSTGRES_POOL);
      const sum = most.reduce((total, count) => total + count * pool, 0);
      expect(readText(`infrastructure/kubernetes/values/${set}.yaml`)).toContain(`: ${sum} connections to PgBouncer`);
    }
  });
});

describe("scaling", () => {
  const metricsOf = (set: SetName) =>
    listAt(objectOf(rendered[set], "HorizontalPodAutoscaler", "api"), "spec", "metrics");
  const cpu = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } };
  const requests = (averageValue: string) => ({
    type: "Pods",
    pods: { metric: { name: "http_requests_per_second" }, target: { type: "AverageValue", averageValue } },
  });

  test("of the API goes by CPU, and by requests where the Prometheus adapter is", () => {
    expect(metricsOf("small")).toEqual([cpu]);
    expect(metricsOf("production")).toEqual([cpu, requests("100")]);
    expect(metricsOf("high-scale")).toEqual([cpu, requests("1000")]);
  });

  test("by requests has its rule for the adapter in the README", () => {
    const [, block = ""] = /```yaml\n(rules:[\s\S]*?)```/.exec(readText("infrastructure/kubernetes/README.md")) ?? [];
    const [rule] = listAt(Bun.YAML.parse(block), "rules", "custom");
    expect(at(rule, "name", "as")).toBe("http_requests_per_second");
    expect(textAt(rule, "seriesQuery")).toStartWith(`${requestSeconds.options.name}_count{`);
    expect(textAt(rule, "metricsQuery")).toContain("rate(<<.Series>>{<<.LabelMatchers>>}[1m])");
  });

  test("of workers goes by the lag of their own group and by the age of the oldest run that is due", () => {
    const objects = rendered.production;
    const { environment } = podOf(objects, "worker");
    const shown = Object.fromEntries(Object.entries(environment).filter(([name]) => !name.endsWith("_FILE")));
    const { kafka } = loadConfig({ ...shown, KAFKA_SASL_PASSWORD: "6a7b8c" });
    expect(at(objectOf(objects, "ScaledObject", "worker"), "spec", "triggers")).toEqual([
      {
        type: "kafka",
        metadata: {
          bootstrapServers: kafka?.brokers.join(","),
          consumerGroup: kafka?.group,
          topic: kafka?.triggerTopic,
          lagThreshold: "1000",
          limitToPartitionsWithLag: "true",
          tls: "disable",
          sasl: "scram_sha512",
        },
        authenticationRef: { name: fullName("worker") },
      },
      {
        type: "prometheus",
        metricType: "Value",
        metadata: {
          serverAddress: "http://prometheus-server.monitoring",
          query: `max(${oldestDue.options.name}{namespace="platform"})`,
          threshold: "30",
        },
      },
    ]);
    expect(at(objectOf(objects, "TriggerAuthentication", "worker"), "spec")).toEqual({
      env: [{ parameter: "username", name: "KAFKA_SASL_USERNAME", containerName: "worker" }],
      secretTargetRef: [{ parameter: "password", name: "workflow-platform", key: "KAFKA_SASL_PASSWORD" }],
    });
  });
});
