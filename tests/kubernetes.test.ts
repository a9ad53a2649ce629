/** The Helm chart: every object against the published schemas, and against the others; there is no cluster where tests run. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { at, listAt, numberAt, objectAt, textAt } from "./harness/http/json.ts";
import {
  CHART,
  HELM_VERSION,
  helm,
  render,
  renderSets,
  SETS,
  type SetName,
  valuesOf,
} from "./harness/kubernetes/helm.ts";
import { nameOf, objectOf, ofKind, type Pod, podOf, podsOf, selects } from "./harness/kubernetes/objects.ts";
import { KUBERNETES_VERSIONS, Schemas } from "./harness/kubernetes/schemas.ts";

// The first time helm and the schemas are fetched.
setDefaultTimeout(180_000);

const COMPONENTS = ["api", "worker"] as const;
const fullName = (component: string) => `flows-workflow-platform-${component}`;

let rendered: Record<SetName, Record<string, unknown>[]>;
beforeAll(async () => {
  rendered = await renderSets();
});

test("helm is the version that is meant, and finds nothing wrong with the chart", async () => {
  expect((await helm("version", "--template={{ .Version }}")).printed).toBe(`v${HELM_VERSION}`);
  for (const set of SETS) {
    const { code, printed, complaint } = await helm("lint", CHART, "--strict", valuesOf(set));
    expect([set, code, complaint]).toEqual([set, 0, ""]);
    expect(printed).toContain("1 chart(s) linted, 0 chart(s) failed");
  }
});

describe("every object", () => {
  for (const version of KUBERNETES_VERSIONS) {
    test(`fits the schemas of Kubernetes ${version}, field by field`, async () => {
      const schemas = await Schemas.of(version);
      for (const set of SETS) {
        for (const object of rendered[set]) {
          expect([set, object.kind, schemas.faultsOf(object)]).toEqual([set, object.kind, []]);
        }
      }
      // What does not fit is found.
      const deployment = objectOf(rendered.small, "Deployment", "api");
      const spec = objectAt(deployment, "spec");
      expect(schemas.faultsOf({ ...deployment, spec: { ...spec, replica: 3 } }).join()).toContain('"replica"');
      expect(schemas.faultsOf({ ...deployment, spec: { ...spec, selector: undefined } }).join()).toContain(
        '"selector"',
      );
      expect(schemas.faultsOf({ ...deployment, spec: { ...spec, replicas: "3" } }).join()).toContain("/spec/replicas");
      const scaled = objectOf(rendered.production, "ScaledObject", "worker");
      expect(schemas.faultsOf({ ...scaled, spec: {} }).join()).toContain('"triggers"');
      expect(() => schemas.faultsOf({ apiVersion: "apps/v1", kind: "Deploymint" })).toThrow("deploymint");
    });
  }

  test("is one of those that were promised, in the release's namespace", () => {
    const kinds = (set: SetName) =>
      rendered[set].map((one) => `${one.kind} ${nameOf(one).replace(fullName(""), "")}`).sort();
    const always = [
      ...["api", "worker"].flatMap((name) => [`Deployment ${name}`, `PodDisruptionBudget ${name}`]),
      ...["api", "worker", "migrate"].map((name) => `NetworkPolicy ${name}`),
      ...["Job migrate", "Service api", "Service metrics", "HorizontalPodAutoscaler api"],
    ];
    expect(kinds("small")).toEqual([...always, "HorizontalPodAutoscaler worker"].sort());
    const large = [...always, "Ingress api", "ScaledObject worker", "TriggerAuthentication worker"].sort();
    expect(kinds("production")).toEqual(large);
    expect(kinds("high-scale")).toEqual(large);
    for (const one of Object.values(rendered).flat()) expect(textAt(one, "metadata", "namespace")).toBe("platform");
  });
});

describe("what belongs together meets", () => {
  const ofPods = (set: SetName) => podsOf(rendered[set]);
  const chosen = (selector: unknown, set: SetName) =>
    ofPods(set)
      .filter((pod) => selects(selector, pod))
      .map(({ component }) => component);

  for (const set of SETS) {
    test(`${set}: selectors and pods`, () => {
      for (const component of COMPONENTS) {
        for (const kind of ["Deployment", "PodDisruptionBudget"]) {
          const selector = at(objectOf(rendered[set], kind, component), "spec", "selector");
          expect([kind, chosen(selector, set)]).toEqual([kind, [component]]);
        }
        const spread = listAt(podOf(rendered[set], component).spec, "topologySpreadConstraints");
        expect(spread.map((one) => textAt(one, "topologyKey"))).toEqual([
          "kubernetes.io/hostname",
          "topology.kubernetes.io/zone",
        ]);
        for (const one of spread) {
          expect(chosen(at(one, "labelSelector"), set)).toEqual([component]);
          expect(at(one, "whenUnsatisfiable")).toBe("ScheduleAnyway");
        }
        const budget = objectOf(rendered[set], "PodDisruptionBudget", component);
        expect(at(budget, "spec", "maxUnavailable")).toBe(1);
      }
    });

    test(`${set}: services, their ports, and the Ingress`, () => {
      const [api, metrics] = ["api", "metrics"].map((name) => objectOf(rendered[set], "Service", name));
      expect(chosen(at(api, "spec", "selector"), set)).toEqual(["api"]);
      const withPort = (pods: Pod[], name: string) => pods.filter(({ ports }) => name in ports);
      const scraped = withPort(ofPods(set), textAt(metrics, "spec", "ports", 0, "targetPort"));
      expect(scraped.map(({ component }) => component).sort()).toEqual(["api", "worker"]);
      for (const pod of scraped) {
        expect(selects(at(metrics, "spec", "selector"), pod)).toBe(true);
        expect(pod.ports.metrics).toBe(numberAt(metrics, "spec", "ports", 0, "port"));
      }
      const { ports } = podOf(rendered[set], "api");
      expect(ports[textAt(api, "spec", "ports", 0, "targetPort")]).toBe(numberAt(api, "spec", "ports", 0, "port"));
      for (const ingress of ofKind(rendered[set], "Ingress")) {
        const backend = objectAt(ingress, "spec", "rules", 0, "http", "paths", 0, "backend", "service");
        expect(backend).toEqual({ name: fullName("api"), port: { name: textAt(api, "spec", "ports", 0, "name") } });
        expect(at(ingress, "spec", "tls", 0, "hosts", 0)).toBe(at(ingress, "spec", "rules", 0, "host"));
      }
    });
  }

  test("an Ingress without a host is refused with a sentence", async () => {
    await expect(render(["--set=ingress.enabled=true"])).rejects.toThrow("ingress.host is missing");
  });
});

test("the database is migrated before any pod is replaced, by what needs no other object of the chart", () => {
  const job = objectOf(rendered.production, "Job", "migrate");
  expect(objectAt(job, "metadata", "annotations")).toEqual({
    "helm.sh/hook": "pre-install,pre-upgrade",
    "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
  });
  const { spec } = podOf(rendered.production, "migrate");
  expect(at(spec, "restartPolicy")).toBe("Never");
  expect(at(spec, "serviceAccountName")).toBe(undefined);
  const volumes = listAt(spec, "volumes");
  expect(volumes.map((one) => at(one, "secret", "secretName") ?? at(one, "emptyDir", "medium"))).toEqual([
    "workflow-platform",
    "Memory",
  ]);
  for (const object of Object.values(rendered).flat()) expect(["Secret", "ConfigMap"]).not.toContain(object.kind);
  for (const component of COMPONENTS) {
    const strategy = at(objectOf(rendered.production, "Deployment", component), "spec", "strategy");
    expect(strategy).toEqual({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
  }
});
