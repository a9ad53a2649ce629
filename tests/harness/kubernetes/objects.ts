/** Kubernetes objects as tests look at them. */
import { at, isObject, listAt, numberAt, objectAt, textAt } from "../http/json.ts";

export type Component = "api" | "worker" | "migrate";
type Labels = Record<string, unknown>;

/** A pod of the chart with its one container. */
export interface Pod {
  component: Component;
  labels: Labels;
  spec: Record<string, unknown>;
  container: Record<string, unknown>;
  /** What it gets as variables with a plain value. */
  environment: Record<string, string>;
  /** Its ports by their names. */
  ports: Record<string, number>;
}

/** The objects of a kind. */
export function ofKind(objects: Record<string, unknown>[], kind: string): Record<string, unknown>[] {
  return objects.filter((one) => one.kind === kind);
}

export function nameOf(object: Record<string, unknown>): string {
  return textAt(object, "metadata", "name");
}

/** The object of a kind that belongs to a component. @throws Error where there is none, or more than one */
export function objectOf(objects: Record<string, unknown>[], kind: string, component: string): Record<string, unknown> {
  const found = ofKind(objects, kind).filter((one) => nameOf(one).endsWith(`-${component}`));
  const [object] = found;
  if (object === undefined || found.length > 1) throw new Error(`${found.length} objects ${kind} of ${component}`);
  return object;
}

/** The pods that Deployments and Jobs make. */
export function podsOf(objects: Record<string, unknown>[]): Pod[] {
  return [...ofKind(objects, "Deployment"), ...ofKind(objects, "Job")].map((owner) => {
    const template = objectAt(owner, "spec", "template");
    const containers = listAt(template, "spec", "containers");
    if (containers.length !== 1) throw new Error(`${containers.length} containers in ${nameOf(owner)}`);
    const container = objectAt(containers[0]);
    const component = textAt(container, "name");
    if (component !== "api" && component !== "worker" && component !== "migrate") throw new Error(component);
    const variables = listAt(container, "env").map((one) => [textAt(one, "name"), at(one, "value")]);
    const ports = container.ports === undefined ? [] : listAt(container, "ports");
    return {
      component,
      labels: objectAt(template, "metadata", "labels"),
      spec: objectAt(template, "spec"),
      container,
      environment: Object.fromEntries(variables.filter(([, value]) => typeof value === "string")),
      ports: Object.fromEntries(ports.map((one) => [textAt(one, "name"), numberAt(one, "containerPort")])),
    };
  });
}

/** The pod of a component. */
export function podOf(objects: Record<string, unknown>[], component: Component): Pod {
  const pod = podsOf(objects).find((one) => one.component === component);
  if (pod === undefined) throw new Error(`no pod of ${component}`);
  return pod;
}

/** Whether a selector's labels are among a pod's. */
export function selects(selector: unknown, pod: Pod): boolean {
  const wanted = isObject(at(selector, "matchLabels")) ? objectAt(selector, "matchLabels") : objectAt(selector);
  return Object.entries(wanted).every(([name, value]) => pod.labels[name] === value);
}

/** Bytes of "384Mi", thousandths of a processor of "500m" or "1". */
export function amount(text: unknown): number {
  const [, number = "", unit = ""] = /^(\d+)(m|Mi|Gi)?$/.exec(String(text)) ?? [];
  if (number === "") throw new Error(`no amount: ${text}`);
  return Number(number) * ({ m: 1, "": 1000, Mi: 2 ** 20, Gi: 2 ** 30 }[unit] ?? Number.NaN);
}
