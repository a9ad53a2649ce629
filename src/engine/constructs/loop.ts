import { ITERATION } from "../../language/definition/loop.ts";
import { Budget } from "../../language/expressions/cost.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { describeFailure } from "../../step-failures.ts";
import type { FailedOutcome } from "../entries.ts";
import type { Condition, ContainerNode, LoopPlan } from "../plan/plan.ts";
import { testCondition } from "../state/conditions.ts";
import { type Bound, type Meter, Scope } from "../state/scope.ts";
import { declare } from "../state/variables.ts";
import { endOf, failureOf, hasFailed } from "./bodies.ts";
import type { Construct, NextIteration, Verdict } from "./construct.ts";

/** Repeats a list of steps, one iteration after the other, while a condition holds or until one does. */
export const loop: Construct = {
  begin(node, scope, meter) {
    const { while: before, index, vars } = planOf(node);
    const around = aroundOf(vars, scope, meter);
    if (!(around instanceof Scope)) return around;
    const tested = test(before, new Scope(boundIn(index, 0, null), around), meter);
    if ("error" in tested) return tested;
    return { details: tested.value ? { iteration: 0 } : { iterations: 0, ended: "while" } };
  },

  bodies: ({ bodies }, details) => (details?.iteration === 0 ? bodies : []),

  next: (_, bodies) => bodies,

  verdict(node, [body], { now, meter }): Verdict | NextIteration | null {
    if (body === undefined) return endOf({ output: {}, details: { iterations: 0, ended: "while" } });
    if (hasFailed(body)) return { kind: "end", ...failureOf(body), callsOff: null };
    if (body.result === null) return null;
    const { while: before, until, maxIterations, interval, failsAtLimit, index } = planOf(node);
    const { output } = body.result;
    const iterations = (body.iteration ?? 0) + 1;
    const isOver = until === null ? { value: false } : test(until, body.scope, meter);
    if ("error" in isOver) return endOf(isOver);
    if (isOver.value) return endOf({ output, details: { iterations, ended: "until" } });
    const goesOn = test(before, new Scope(boundIn(index, iterations, output), body.scope.outer), meter);
    if ("error" in goesOn) return endOf(goesOn);
    if (!goesOn.value) return endOf({ output, details: { iterations, ended: "while" } });
    if (iterations < maxIterations) {
      return { kind: "next", details: { iteration: iterations }, wakeAt: interval === 0 ? null : now + interval };
    }
    if (!failsAtLimit) return endOf({ output, details: { iterations, ended: "limit" } });
    return endOf({ ...describeFailure("loop_limit", { count: iterations }), output: null, details: { iterations } });
  },
};

/** What the iterations of an attempt see of what is around them, or why its variables can't be. */
export function aroundOf(vars: JsonObject | null, scope: Scope, meter: Meter): Scope | FailedOutcome {
  if (vars === null) return scope;
  const around = new Scope(null, scope);
  return declare(vars, around, meter) ?? around;
}

/** What the steps of an iteration reach by name. */
export function boundIn(name: string | null, index: number, last: Json): Bound {
  const bound = { [ITERATION]: { index, last } };
  return name === null ? bound : { ...bound, [name]: index };
}

/** Another attempt may go another way, so that a retry may be for the failure of a condition. */
function test(condition: Condition | null, scope: Scope, meter: Meter): { value: boolean } | FailedOutcome {
  if (condition === null) return { value: true };
  const tested = testCondition(condition, scope, meter, new Budget());
  if (!("error" in tested)) return tested;
  const { isFinal: _, ...failure } = tested;
  return failure;
}

function planOf({ loop: plan }: ContainerNode): LoopPlan {
  if (plan === null) throw new Error("A loop has no plan");
  return plan;
}
