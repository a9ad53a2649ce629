/** Which variables steps may set. */
import { LOOP, MAP, PARALLEL, SET } from "../../language/definition/control.ts";
import { isObject } from "../../schemas/json/json.ts";
import type { BlockPlan, Node } from "../plan/plan.ts";

/** Plans are compiled once, and asked often. */
const known = new WeakMap<Node, { within: ReadonlySet<string>; all: ReadonlySet<string> }>();

/** The names of the variables that the attempts of a step may set of those around it: none across a map or a parallel. */
export function assignedWithin(node: Node): ReadonlySet<string> {
  return assigned(node).within;
}

/** Likewise, with its handlers. */
export function assignedBy(node: Node): ReadonlySet<string> {
  return assigned(node).all;
}

function assigned(node: Node): { within: ReadonlySet<string>; all: ReadonlySet<string> } {
  const before = known.get(node);
  if (before !== undefined) return before;
  const within = new Set(withinOf(node));
  const all = new Set([...within, ...node.catches.flatMap(({ plan }) => assignedIn(plan))]);
  known.set(node, { within, all });
  return { within, all };
}

function withinOf(node: Node): string[] {
  if (node.kind === "step") {
    const variables = isObject(node.config) ? node.config.variables : null;
    return node.type === SET && isObject(variables) ? Object.keys(variables) : [];
  }
  if (node.type === MAP || node.type === PARALLEL) return [];
  const names = node.bodies.flatMap(({ plan }) => assignedIn(plan));
  const own = node.type === LOOP ? (node.loop?.vars ?? {}) : {};
  return names.filter((name) => !Object.hasOwn(own, name));
}

/** What the steps of a list may set of the variables around it. */
export function assignedIn({ nodes, vars }: BlockPlan): string[] {
  const own = vars ?? {};
  return nodes.flatMap((node) => [...assignedBy(node)].filter((name) => !Object.hasOwn(own, name)));
}
