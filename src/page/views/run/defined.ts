/** Where a step of a run stands in its definition. */
import { useMemo } from "preact/hooks";
import { type DrawnStep, type Loc, stepsOf } from "../../shared/drawing/steps.ts";

/** The steps of a definition, and the one among them that a path of a run leads to. */
export function useDefinedStep(definition: unknown, path: string) {
  const steps = useMemo(() => stepsOf(definition), [definition]);
  return { steps, defined: definedStep(steps, path) };
}

/** The step of the definition that a path of a run leads to; null where there is none, as under another version. */
export function definedStep(steps: readonly DrawnStep[], path: string): DrawnStep | null {
  const wanted = path.split("/").map((segment) => segment.replace(/~\d+$/, ""));
  return found(steps, wanted);
}

/** Its path as the drawing has it, with `*` for every iteration. */
export function definedPath(steps: readonly DrawnStep[], path: string): string | null {
  return definedStep(steps, path)?.path ?? null;
}

/** What stands at a place of a JSON value. */
export function valueAt(value: unknown, loc: Loc): unknown {
  return loc.reduce<unknown>((at, key) => {
    if (typeof at !== "object" || at === null) return undefined;
    return Object.entries(at).find(([name]) => name === String(key))?.[1];
  }, value);
}

function found(steps: readonly DrawnStep[], wanted: readonly string[]): DrawnStep | null {
  for (const step of steps) {
    const own = step.path.split("/");
    if (own.some((segment, index) => segment !== "*" && segment !== wanted[index])) continue;
    if (own.length === wanted.length) return step;
    const within = [...step.lists, ...step.handlers].flatMap((list) => list.steps);
    return found(within, wanted);
  }
  return null;
}
