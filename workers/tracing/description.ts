import { shortened } from "../../src/errors.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";

/** An error that is cut still says what happened. */
const MAX_ERROR = 200;

/** What the span of an attempt says beside its times. Outputs are large, and may hold secrets: only what is asked for is kept of them. */
export interface Description {
  /** The address of the step. */
  name: string;
  /** Undefined for a step at the top that holds no others: its definition says it. */
  type: string | undefined;
  status: StepResult["status"];
  attributes: Record<string, string | number>;
  /** Null where it did not fail. */
  error: string | null;
}

export function descriptionOf({ step_name, type, status, output, error, error_details }: StepResult): Description {
  const attributes: Description["attributes"] = {};
  const code = error_details?.code;
  if (code !== undefined) attributes["error.type"] = code;
  if (typeof output === "object" && output !== null && !Array.isArray(output) && output.type === "webhook") {
    const { status_code, method } = output;
    if (typeof status_code === "number") attributes["http.response.status_code"] = status_code;
    if (typeof method === "string") attributes["http.request.method"] = method;
  }
  const shown = status === "skipped" || error === null ? null : shownError(error);
  return { name: step_name, type, status, attributes, error: shown };
}

export function shownError(error: string): string {
  return shortened(error, MAX_ERROR);
}
