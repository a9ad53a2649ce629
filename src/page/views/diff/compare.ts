/** What is different between two definitions, step by step. A step is the same one where it has the same address. */
import type { States, StepState } from "../../shared/drawing/states.ts";
import type { DrawnStep } from "../../shared/drawing/steps.ts";
import { outOfOrder } from "./order.ts";

export type Change = "added" | "removed" | "moved" | "changed";

export interface StepChange {
  change: Change;
  address: string;
  /** In the definition before; null of a step that was added. */
  before: DrawnStep | null;
  after: DrawnStep | null;
  /** The keys of the step that are different, such as `config.url`. */
  keys: string[];
}

export interface Comparison {
  /** What is different beside the steps: `input`, `timeout`. */
  fields: string[];
  steps: StepChange[];
}

interface Side {
  definition: Record<string, unknown>;
  steps: readonly DrawnStep[];
}

/** Keys of a step and of its config that hold other steps: these are compared for themselves. */
const LISTS = new Set(["steps", "branches", "cases", "default", "catch"]);

export function compare(before: Side, after: Side): Comparison {
  const [old, now] = [flat(before.steps), flat(after.steps)];
  const moved = movedBetween(old, now);
  const changes: StepChange[] = [];
  for (const [address, step] of now) {
    const one = old.get(address);
    if (one === undefined) {
      changes.push({ change: "added", address, before: null, after: step, keys: [] });
      continue;
    }
    const keys = changedKeys(ownOf(before.definition, one), ownOf(after.definition, step), "");
    if (keys.length > 0) changes.push({ change: "changed", address, before: one, after: step, keys });
    else if (moved.has(address)) changes.push({ change: "moved", address, before: one, after: step, keys });
  }
  for (const [address, step] of old) {
    if (!now.has(address)) changes.push({ change: "removed", address, before: step, after: null, keys: [] });
  }
  const fields = changedKeys(withoutSteps(before.definition), withoutSteps(after.definition), "").map(topOf);
  return { fields: [...new Set(fields)], steps: changes };
}

/** The marks of a comparison on one of its sides. */
export function statesOfSide(changes: readonly StepChange[], side: "before" | "after"): States {
  const states = new Map<string, StepState>();
  for (const one of changes) {
    const step = one[side];
    if (step !== null) states.set(step.path, { status: one.change, counts: null, says: one.keys.join(", ") });
  }
  return states;
}

function flat(steps: readonly DrawnStep[]): Map<string, DrawnStep> {
  const found = new Map<string, DrawnStep>();
  const collect = (list: readonly DrawnStep[]) => {
    for (const step of list) {
      // Cases of a switch may have steps of one name: these are told apart by their places.
      found.set(found.has(step.address) ? `${step.address} (${step.path})` : step.address, step);
      for (const { steps: within } of [...step.lists, ...step.handlers]) collect(within);
    }
  };
  collect(steps);
  return found;
}

/** The addresses of steps that stand elsewhere in their list, of those that both sides have. */
function movedBetween(old: Map<string, DrawnStep>, now: Map<string, DrawnStep>): Set<string> {
  const [before, after] = [listsOf(old), listsOf(now)];
  const moved = new Set<string>();
  for (const [list, addresses] of after) {
    for (const address of outOfOrder(before.get(list) ?? [], addresses)) moved.add(address);
  }
  return moved;
}

/** The addresses of steps by the list that they stand in. */
function listsOf(steps: Map<string, DrawnStep>): Map<string, string[]> {
  const lists = Map.groupBy(steps, ([, { path, address, name }]) => {
    // Cases of a switch have one address, and places of their own.
    return `${address.slice(0, address.length - name.length)} ${path.replace(/\d+$/, "").split("/").slice(-2)}`;
  });
  return new Map([...lists].map(([list, entries]) => [list, entries.map(([address]) => address)]));
}

function ownOf(definition: Record<string, unknown>, { loc }: DrawnStep): unknown {
  const step = loc.reduce<unknown>(
    (at, key) => (isObject(at) || Array.isArray(at) ? Reflect.get(at, key) : undefined),
    definition,
  );
  if (!isObject(step)) return step;
  const { config, ...rest } = step;
  const own = Object.entries(rest).filter(([key]) => key !== "catch");
  return { ...Object.fromEntries(own), config: isObject(config) ? withoutLists(config) : config };
}

function withoutLists(config: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !LISTS.has(key)));
}

function withoutSteps(definition: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(definition).filter(([key]) => key !== "steps"));
}

/** The keys under which two values are different, no deeper than three. */
function changedKeys(before: unknown, after: unknown, place: string): string[] {
  if (isSame(before, after)) return [];
  if (!isObject(before) || !isObject(after) || place.split(".").length > 2) return [place];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key) => changedKeys(before[key], after[key], place === "" ? key : `${place}.${key}`));
}

/** Whether two values are the same JSON, whatever the order of keys. */
function isSame(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]));
  }
  if (!isObject(one) || !isObject(other)) return one === other;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => key in other && isSame(one[key], other[key]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function topOf(place: string): string {
  return place.split(".")[0] ?? place;
}
