/** What every pod of the chart has to keep; each rule gives its faults as text. */
import { SECRETS, SETTINGS } from "../../../src/config/settings.ts";
import { readText } from "../docker/files.ts";
import { at, isObject, listAt, numberAt, objectAt, textAt } from "../http/json.ts";
import { amount, type Component, type Pod } from "./objects.ts";

const LEAST_MEMORY = 256 * 2 ** 20;
/** Between the longest end and the kill. */
const ROOM_SECONDS = 3;

/** A constant of the code that says milliseconds, in seconds. */
function seconds(path: string, name: string): number {
  const [, number = ""] = new RegExp(`\\bconst ${name} = ([\\d_]+);`).exec(readText(path)) ?? [];
  if (number === "") throw new Error(`${path} has no ${name}`);
  return Number(number.replaceAll("_", "")) / 1000;
}

/** How long a process takes at most from SIGTERM to its end, by the constants of its code. */
export function longestEnd(component: Component, drainSeconds: number): number {
  if (component === "migrate") return 0;
  const own = {
    api:
      drainSeconds +
      seconds("src/server.ts", "ARRIVED_MILLISECONDS") +
      seconds("src/server.ts", "REQUESTS_MILLISECONDS"),
    // Runs, and then the completed events that were not sent yet.
    worker:
      seconds("workers/worker.ts", "RUNS_MILLISECONDS") +
      seconds("src/messaging/kafka/producer.ts", "SEND_MILLISECONDS"),
  };
  // The step of retention that is under way, and the connections.
  const rest =
    seconds("src/db/postgres/pool.ts", "STATEMENT_MILLISECONDS") +
    seconds("src/messaging/kafka/producer.ts", "CLOSE_MILLISECONDS");
  return own[component] + rest;
}

/** How long a start waits for PostgreSQL. */
export function longestStart(): number {
  return seconds("src/db/postgres/postgres.ts", "START_MILLISECONDS");
}

type Rule = (pod: Pod) => string[];

const probes: Rule = ({ component, container, environment, ports }) => {
  const wanted = { startupProbe: "/health", livenessProbe: "/health", readinessProbe: "/health/ready" };
  if (component === "migrate") return Object.keys(wanted).filter((name) => name in container);
  const faults = Object.entries(wanted).flatMap(([name, path]) => {
    const probe = container[name];
    if (!isObject(probe)) return [`no ${name}`];
    const asks = objectAt(probe, "httpGet");
    return asks.path === path && asks.port === "metrics" ? [] : [`${name} asks ${asks.port}${asks.path}`];
  });
  if (String(ports.metrics) !== environment.METRICS_PORT) faults.push("the metrics are on another port");
  if (component === "api" && String(ports.http) !== environment.PORT) faults.push("the API is on another port");
  const startup = container.startupProbe;
  if (isObject(startup)) {
    const patience = numberAt(startup, "periodSeconds") * numberAt(startup, "failureThreshold");
    if (patience < 2 * longestStart()) faults.push(`a start of ${longestStart()} s has ${patience} s`);
  }
  return faults;
};

const limits: Rule = ({ spec, container }) => {
  const named = ["requests", "limits"].flatMap((kind) => ["cpu", "memory"].map((name) => [kind, name] as const));
  const missing = named.filter(([kind, name]) => at(container, "resources", kind, name) === undefined);
  if (missing.length > 0) return missing.map(([kind, name]) => `no ${name} in ${kind}`);
  const faults: string[] = [];
  const of = (kind: string, name: string) => amount(at(container, "resources", kind, name));
  for (const name of ["cpu", "memory"])
    if (of("requests", name) > of("limits", name)) faults.push(`more ${name} asked for than allowed`);
  // A container that takes more than was set aside for it is the first to be killed on a full node.
  if (of("requests", "memory") !== of("limits", "memory")) faults.push("memory is not set aside");
  if (of("limits", "memory") < LEAST_MEMORY) faults.push("too little memory");
  const inMemory = listAt(spec, "volumes").filter((one) => at(one, "emptyDir") !== undefined);
  for (const volume of inMemory) {
    if (amount(at(volume, "emptyDir", "sizeLimit")) > of("limits", "memory") / 2) faults.push("too large a volume");
  }
  return faults;
};

const signals: Rule = ({ component, spec, container }) => {
  const faults: string[] = [];
  // Without a shell or `bun run` in between, the program has the number 1 and gets the signals.
  const [program, file, ...more] = listAt(container, "command");
  const script = textAt(JSON.parse(readText("package.json")), "scripts", component);
  if (program !== "bun" || more.length > 0 || container.args !== undefined)
    faults.push("the command is not one of Bun");
  if (!script.endsWith(`bun ${file}`)) faults.push(`${file} is not what \`bun run ${component}\` runs`);
  if (container.lifecycle !== undefined) faults.push("a hook delays the signal");
  if (spec.shareProcessNamespace === true) faults.push("the number 1 is another container's");
  return faults;
};

const ending: Rule = ({ component, spec, environment }) => {
  const takes = longestEnd(component, Number(environment.DRAIN_SECONDS ?? 0));
  const has = numberAt(spec, "terminationGracePeriodSeconds");
  const faults = has < takes + ROOM_SECONDS ? [`it is killed after ${has} s, and takes ${takes} s to end`] : [];
  if (component === "api" && !(Number(environment.DRAIN_SECONDS) >= 5)) faults.push("it does not drain");
  return faults;
};

const rights: Rule = ({ spec, container }) => {
  const wanted = {
    spec: { automountServiceAccountToken: false, enableServiceLinks: false },
    pod: {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: "RuntimeDefault" },
    },
    container: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
  };
  const has = { spec, pod: at(spec, "securityContext"), container: at(container, "securityContext") };
  const faults = (["spec", "pod", "container"] as const).flatMap((part) =>
    Object.entries(wanted[part]).flatMap(([name, value]) =>
      Bun.deepEquals(at(has[part], name), value) ? [] : [`${part}: ${name} is not ${JSON.stringify(value)}`],
    ),
  );
  for (const name of ["hostNetwork", "hostPID", "hostIPC"]) if (spec[name] !== undefined) faults.push(name);
  for (const volume of listAt(spec, "volumes")) if (at(volume, "hostPath") !== undefined) faults.push("hostPath");
  return faults;
};

const secrets: Rule = ({ spec, container, environment }) => {
  const faults = listAt(container, "env").flatMap((one) =>
    at(one, "valueFrom") === undefined ? [] : [`${textAt(one, "name")} comes from elsewhere`],
  );
  if (container.envFrom !== undefined) faults.push("envFrom");
  const mounts = listAt(container, "volumeMounts");
  const files = listAt(spec, "volumes").flatMap((volume) => {
    const secret = at(volume, "secret");
    if (secret === undefined) return [];
    const mount = mounts.find((one) => at(one, "name") === at(volume, "name"));
    if (at(mount, "readOnly") !== true || at(secret, "defaultMode") !== 0o400)
      faults.push("a Secret may be read by others");
    return listAt(secret, "items").map((item) => `${textAt(mount, "mountPath")}/${textAt(item, "path")}`);
  });
  for (const [name, value] of Object.entries(environment)) {
    if (SECRETS.includes(name)) faults.push(`${name} is in the environment`);
    if (SECRETS.includes(name.replace(/_FILE$/, "")) && !files.includes(value)) faults.push(`${name} names no file`);
  }
  return faults;
};

const settings: Rule = ({ environment }) => {
  const known = [...SETTINGS, ...SECRETS.map((name) => `${name}_FILE`)];
  return Object.keys(environment)
    .filter((name) => !known.includes(name))
    .map((name) => `${name} is no setting`);
};

export const RULES = { probes, limits, signals, ending, rights, secrets, settings };

/** Every rule that a pod breaks, as "component, rule: fault". */
export function faultsOfPod(pod: Pod): string[] {
  return Object.entries(RULES).flatMap(([name, rule]) =>
    rule(pod).map((fault) => `${pod.component}, ${name}: ${fault}`),
  );
}
