import { checkOf } from "../../schemas/check.ts";
import { checked } from "../../schemas/faults.ts";
import { RunViewQuery, StepQuery } from "../../schemas/step-query.ts";
import { numbers, parameters, readParameters } from "./query.ts";

const stepQuery = checkOf(StepQuery);
const viewQuery = checkOf(RunViewQuery);

/** The OpenAPI parameters of the list of steps, and of a look at a run. */
export const STEP_PARAMETERS = parameters(StepQuery);
export const VIEW_PARAMETERS = parameters(RunViewQuery);

/** @throws ValidationFailed */
export function readStepQuery(request: Request): StepQuery {
  const { once, several } = readParameters(request, ["status"]);
  return checked(stepQuery, { ...once, ...numbers(once, ["limit"]), ...several }, "query");
}

/** How a run is to be shown; what else is asked for is passed over, as it always was. @throws ValidationFailed */
export function readViewQuery(query: Record<string, string | undefined>): RunViewQuery {
  return checked(viewQuery, query, "query");
}
