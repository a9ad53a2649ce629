/** The NetworkPolicies of the chart: who may talk to whom. */
import { beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { BlockList, isIP } from "node:net";
import { isPublic } from "../workers/webhook/guard/addresses.ts";
import { at, isObject, listAt, textAt } from "./harness/http/json.ts";
import { render, valuesOf } from "./harness/kubernetes/helm.ts";
import { objectOf, ofKind, podOf, podsOf, selects } from "./harness/kubernetes/objects.ts";

// The first time helm is fetched.
setDefaultTimeout(180_000);

let objects: Record<string, unknown>[] = [];
beforeAll(async () => {
  objects = await render([valuesOf("production")]);
});
const rulesOf = (component: string, direction: "ingress" | "egress", from = objects) =>
  listAt(objectOf(from, "NetworkPolicy", component), "spec", direction);

test("each pod has one policy, which is for both directions", () => {
  for (const pod of podsOf(objects)) {
    const policies = ofKind(objects, "NetworkPolicy").filter((one) => selects(at(one, "spec", "podSelector"), pod));
    expect(policies.map((one) => at(one, "spec", "policyTypes"))).toEqual([["Ingress", "Egress"]]);
  }
});

test("clients reach the API alone, Prometheus the metrics, nobody the migration", () => {
  const inward = (component: string) =>
    rulesOf(component, "ingress").map((rule) => [
      at(rule, "from", 0, "namespaceSelector", "matchLabels", "kubernetes.io/metadata.name"),
      ...listAt(rule, "ports").map((one) => at(one, "port")),
    ]);
  expect(inward("worker")).toEqual([["monitoring", "metrics"]]);
  expect(inward("api")).toEqual([
    ["monitoring", "metrics"],
    ["ingress-nginx", "http"],
  ]);
  expect(inward("migrate")).toEqual([]);
  // An empty list of peers would be everybody.
  for (const component of ["api", "worker"]) {
    for (const rule of rulesOf(component, "ingress")) expect(listAt(rule, "from").length).toBeGreaterThan(0);
  }
});

test("pods reach the name servers and the services that their settings name", () => {
  for (const component of ["api", "worker", "migrate"] as const) {
    const { POSTGRES_PORT, REDIS_PORT, KAFKA_BOOTSTRAP_SERVERS = "" } = podOf(objects, component).environment;
    const named = [POSTGRES_PORT, REDIS_PORT, ...KAFKA_BOOTSTRAP_SERVERS.split(",").map((one) => one.split(":")[1])];
    const inside = rulesOf(component, "egress").filter((rule) => at(rule, "to", 0, "ipBlock") === undefined);
    for (const rule of inside) expect(listAt(rule, "to").length).toBeGreaterThan(0);
    const ports = inside.flatMap((rule) => listAt(rule, "ports").map((one) => String(at(one, "port"))));
    // Migrations go past PgBouncer.
    expect(new Set(ports)).toEqual(new Set([...named.map(String), "5432", "53"]));
  }
});

/** Whether any rule of egress that names addresses lets a worker reach one. */
function reaches(address: string, from = objects): boolean {
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  const blocks = rulesOf("worker", "egress", from)
    .flatMap((rule) => listAt(rule, "to"))
    .filter((one) => isObject(at(one, "ipBlock")));
  const holds = (cidr: string) => {
    const [network = "", length = ""] = cidr.split("/");
    if (isIP(network) !== isIP(address)) return false;
    const list = new BlockList();
    list.addSubnet(network, Number(length), family);
    return list.check(address, family);
  };
  return blocks.some(
    (one) => holds(textAt(one, "ipBlock", "cidr")) && !listAt(one, "ipBlock", "except").map(String).some(holds),
  );
}

test("workers reach public addresses alone: no metadata of a cloud, nothing of the cluster", async () => {
  const never = [
    ...["169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"],
    ...["10.96.0.1", "10.0.0.1", "172.20.0.10", "192.168.1.1", "100.64.0.1", "127.0.0.1", "fe80::1", "fc00::1", "::1"],
  ];
  expect(never.filter((address) => reaches(address))).toEqual([]);
  for (const address of ["93.184.215.14", "1.1.1.1", "2606:4700::1111"])
    expect([address, reaches(address)]).toEqual([address, true]);
  // The nodes may have public addresses.
  const own = await render([valuesOf("production"), "--set=networkPolicy.inside={1.1.1.0/24}"]);
  expect([reaches("1.1.1.1", own), reaches("1.1.2.1", own)]).toEqual([false, true]);
});

test("the addresses are those that the webhooks' own guard takes", () => {
  const firsts = Array.from({ length: 256 }, (_, first) => first);
  const asked = [
    ...firsts.flatMap((first) => [`${first}.0.0.1`, `${first}.64.0.1`, `${first}.168.1.1`, `${first}.254.169.254`]),
    ...firsts.flatMap((second) => [
      `172.${second}.0.1`,
      `192.${second}.99.1`,
      `198.${second}.100.1`,
      `203.0.${second}.1`,
    ]),
    ...firsts.flatMap((third) => [`192.0.${third}.1`, `192.31.${third}.1`, `192.52.${third}.1`, `192.175.${third}.1`]),
    ...firsts.map((first) => `${first.toString(16)}20::1`),
    ...[
      "2001:db8::1",
      "2001::1",
      "2002::1",
      "2620:4f:8000::1",
      "2620:4f:8001::1",
      "3fff::1",
      "3fff:1000::1",
      "2001:200::1",
    ],
  ];
  expect(asked.filter((address) => reaches(address) !== isPublic(address))).toEqual([]);
});

test("the API and the migration reach no address outside", () => {
  for (const component of ["api", "migrate"]) {
    for (const rule of rulesOf(component, "egress")) {
      expect(listAt(rule, "to").filter((one) => at(one, "ipBlock") !== undefined)).toEqual([]);
    }
  }
});
