/** What a step of a run reaches by name: the steps before it and around it, and what those around it bind. */

import { pathTo } from "../../../../shared/drawing/path-to.ts";
import type { DrawnList, DrawnStep, Loc } from "../../../../shared/drawing/steps.ts";

/** What a name stands for: the output of a step, the number of an iteration, an item of a map, or what is not kept. */
export type Named =
  | { step: string }
  | { number: number }
  | { map: DrawnStep; config: Record<string, unknown>; number: number }
  | { why: string };

/** Where a step of a run stands. */
export interface Standing {
  steps: readonly DrawnStep[];
  /** Its path in the run, with the numbers of iterations, and in the definition, with `*` for them. */
  path: string;
  defined: string;
  /** What stands at a place of the definition. */
  valueAt(loc: Loc): unknown;
}

const NOT_KEPT: Record<string, string> = {
  vars: "variables change while a run goes on, and are not kept",
  steps: "what steps came to is looked up while a run goes on",
  run: "what is known of the run changes while it goes on",
};

/** What a name stands for where a step stands, the innermost first; null where it is no name there. */
export function namedAt(name: string, { steps, path, defined, valueAt }: Standing): Named | null {
  const way = pathTo(steps, defined);
  const numbers = numbersOf(path, defined);
  for (let at = way.length - 1; at >= 0; at--) {
    const [own, around] = [way[at], way[at - 1]];
    if (own === undefined) continue;
    const before = around === undefined ? steps : (listWith(own, around)?.steps ?? []);
    const earlier = before.slice(0, before.indexOf(own)).find((step) => step.name === name);
    if (earlier !== undefined) return { step: numbered(earlier.address, numbers) };
    const bound = around === undefined ? null : boundBy(around, own, name);
    if (bound !== null) return bound;
  }
  const why = NOT_KEPT[name];
  return why === undefined ? null : { why };

  function boundBy(around: DrawnStep, own: DrawnStep, wanted: string): Named | null {
    if (around.handlers.some((list) => list.steps.includes(own)))
      return wanted === "error" ? { why: "what a handler was given is not kept" } : null;
    const config = recordOf(valueAt([...around.loc, "config"]));
    const number = numbers[starsIn(around.path)] ?? 0;
    if (wanted === config.index && (around.type === "map" || around.type === "loop")) return { number };
    if (around.type === "map" && wanted === (config.as ?? "item")) return { map: around, config, number };
    if (around.type === "loop" && wanted === "iteration")
      return { why: "what a loop knew of its iteration is not kept" };
    return null;
  }
}

function listWith(own: DrawnStep, { lists, handlers }: DrawnStep): DrawnList | undefined {
  return [...lists, ...handlers].find((list) => list.steps.includes(own));
}

/** The numbers of the iterations in the path of a run, in order. */
function numbersOf(path: string, defined: string): number[] {
  const own = path.split("/");
  return defined
    .split("/")
    .flatMap((segment, index) => (segment === "*" ? [Number.parseInt(own[index] ?? "", 10)] : []));
}

function starsIn(defined: string): number {
  return defined.split("/").filter((segment) => segment === "*").length;
}

function numbered(address: string, numbers: readonly number[]): string {
  let at = 0;
  return address.replaceAll("[*]", () => `[${numbers[at++] ?? 0}]`);
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
