import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import { RunViewQuery, StepDetailQuery, StepQuery } from "../../../schemas/lists/step-query.ts";
import { numbers, parameters, readParameters } from "./query.ts";

const stepQuery = checkOf(StepQuery);
const detailQuery = checkOf(StepDetailQuery);
const viewQuery = checkOf(RunViewQuery);

/** The OpenAPI parameters of the list of steps, and of a look at a run. */
export const STEP_PARAMETERS = parameters(StepQuery);
export const DETAIL_PARAMETERS = parameters(StepDetailQuery);
export const VIEW_PARAMETERS = parameters(RunViewQuery);

/** @throws ValidationFailed */
export function readStepQuery(request: Request): StepQuery {
  const { once, several } = readParameters(request, ["status"]);
  return checked(stepQuery, { ...once, ...numbers(once, ["limit", "from"]), ...several }, "query");
}

/** What of a step is asked for; anything else is passed over, as it always was. @throws ValidationFailed */
export function readStepDetailQuery(query: Record<string, string | undefined>): StepDetailQuery {
  return checked(detailQuery, numbers(query, ["output_limit"]), "query");
}

/** How a run is to be shown; what else is asked for is passed over, as it always was. @throws ValidationFailed */
export function readViewQuery(query: Record<string, string | undefined>): RunViewQuery {
  return checked(viewQuery, query, "query");
}
