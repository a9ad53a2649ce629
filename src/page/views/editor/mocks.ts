import type { StepTypeInfo } from "../../../client/definitions.ts";
import type { DrawnStep } from "../../shared/drawing/steps.ts";

/** What a test begins with: an answer for each step that would act on the world, by its address. */
export function mocksFor(steps: readonly DrawnStep[], types: readonly StepTypeInfo[]): Record<string, object[]> {
  const effects = new Set(types.filter(({ kind }) => kind === "effect").map(({ type }) => type));
  const mocks: Record<string, object[]> = {};
  collect(steps);
  return mocks;

  function collect(list: readonly DrawnStep[]): void {
    for (const { type, address, lists, handlers, marks } of list) {
      if (effects.has(type)) mocks[address] = [type === "webhook" ? { status: 200, body: {} } : { output: {} }];
      if (marks.includes("undo")) mocks[`${address}.$compensate`] = [{ status: 200, body: {} }];
      for (const { steps: within } of [...lists, ...handlers]) collect(within);
    }
  }
}

/** The signals that the steps wait for, each sent as soon as the test begins. */
export function signalsFor(steps: readonly DrawnStep[]): { at: number; name: string; body: object }[] {
  return steps.flatMap(({ type, note, lists, handlers }) => {
    const [name = ""] = type === "wait" ? note.split(" or ") : [];
    const own = name === "" || name.includes("${") ? [] : [{ at: 0, name, body: {} }];
    return [...own, ...signalsFor([...lists, ...handlers].flatMap((list) => list.steps))];
  });
}
