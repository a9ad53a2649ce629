import { RunViewQuery, StepDetailQuery, StepQuery } from "../../../schemas/lists/step-query.ts";
import { parameters, queryReader } from "./query.ts";

/** The OpenAPI parameters of the list of steps, and of a look at a run. */
export const STEP_PARAMETERS = parameters(StepQuery);
export const DETAIL_PARAMETERS = parameters(StepDetailQuery);
export const VIEW_PARAMETERS = parameters(RunViewQuery);

/** @throws ValidationFailed */
export const readStepQuery = queryReader(StepQuery);

/** What of a step is asked for. @throws ValidationFailed */
export const readStepDetailQuery = queryReader(StepDetailQuery);

/** How a run is to be shown; what else is asked for is passed over, as it always was. @throws ValidationFailed */
export const readViewQuery = queryReader(RunViewQuery);
