import { DEFAULT_CASE } from "../../language/definition/containers.ts";
import { Budget } from "../../language/expressions/cost.ts";
import type { BodyPlan } from "../plan/plan.ts";
import { testCondition } from "../state/conditions.ts";
import { verdictOfBody } from "./block.ts";
import { endOf } from "./bodies.ts";
import type { Construct } from "./construct.ts";

/** The first of several lists of steps whose condition holds. */
export const switching: Construct = {
  begin({ bodies }, scope, meter) {
    const budget = new Budget();
    for (const [index, body] of bodies.entries()) {
      if (body.condition === null) return { details: { case: DEFAULT_CASE } };
      const tested = testCondition(body.condition, scope, meter, budget);
      if ("error" in tested) return tested;
      if (tested.value) return { details: { case: body.name === "" ? index : body.name } };
    }
    return { details: { case: null } };
  },

  bodies({ bodies }, details) {
    const taken = details?.case;
    const isTaken = ({ name }: BodyPlan, index: number) =>
      typeof taken === "number" ? index === taken : name === taken;
    return bodies.filter(isTaken);
  },

  next: (_, bodies) => bodies,

  verdict(_, [body], { step: { details } }) {
    if (body === undefined) return endOf({ output: {}, ...(details && { details }) });
    const verdict = verdictOfBody(body);
    if (verdict === null || "error" in verdict.outcome || details === null) return verdict;
    return { ...verdict, outcome: { ...verdict.outcome, details } };
  },
};
