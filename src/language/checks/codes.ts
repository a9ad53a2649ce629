/** The codes of errors that a step may fail with. */
import { isObject, type JsonObject } from "../../schemas/json/json.ts";
import { STEP_FAILURES } from "../../step-failures.ts";
import { FAIL } from "../definition/control.ts";
import { wholePlaceholder } from "../placeholder.ts";
import { handlersIn, listsIn, stepsIn } from "./reading/lists.ts";

/** Of the platform. */
export const CODES: ReadonlySet<string> = new Set(Object.values(STEP_FAILURES).map(({ code }) => code));

/** Those of them that a run is shown with, and no `retry` or `catch` ever sees. */
export const UNCAUGHT: ReadonlySet<string> = new Set(["cancelled", "run_timeout"]);

/** Whether a step of type `fail` in this step, or it itself, may raise a code of its author's own. */
export function mayRaise(code: string, { type, config = null }: JsonObject): boolean {
  if (type === FAIL) {
    const raised = isObject(config) ? config.code : undefined;
    return raised === code || wholePlaceholder(raised) !== null;
  }
  return listsIn(type, config, []).some((list) => stepsIn(list).some(({ step }) => raises(code, step)));
}

/** The handlers of a step within another raise codes there as well. */
function raises(code: string, step: JsonObject): boolean {
  if (mayRaise(code, step)) return true;
  return handlersIn(step, []).some((list) => stepsIn(list).some(({ step: inside }) => raises(code, inside)));
}
