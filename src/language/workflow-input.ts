import type { StepTypes } from "../connectors/index.ts";
import { type RequestFault, ValidationFailed } from "../errors.ts";
import { type Check, checkOf } from "../schemas/json/check.ts";
import { schemaFaults } from "../schemas/json/faults.ts";
import { isObject, type Json, MAX_FAULTS } from "../schemas/json/json.ts";
import { shownWarning } from "../schemas/json/shown-faults.ts";
import type { Explanation } from "./checks/explanation.ts";
import { optionFaults } from "./checks/faults/option-faults.ts";
import { Findings } from "./checks/findings.ts";
import { checkSteps } from "./checks/step-checks.ts";
import { timeWarnings } from "./checks/time-warnings.ts";
import { WorkflowInput } from "./definition/workflow.ts";

const schema: Check<typeof WorkflowInput> = checkOf(WorkflowInput);

/** A definition that can be stored, and what in it may not be what its author meant. */
export interface ReadWorkflow {
  workflow: WorkflowInput;
  warnings: readonly RequestFault[];
}

/**
 * Checks a workflow as a whole: its schema, names, step types, the config of each step, and what it reads.
 *
 * @param explanation takes what the steps can read, and what they do; null for nothing
 * @throws ValidationFailed with every fault (up to MAX_FAULTS)
 */
export function readWorkflow(body: Json, types: StepTypes, explanation: Explanation | null = null): ReadWorkflow {
  const findings = new Findings(MAX_FAULTS);
  if (!schema.Check(body)) findings.refuse(...schemaFaults(schema.Errors(body), ["body"]));
  if (isObject(body)) {
    checkSteps(body, types, findings, explanation);
    findings.refuse(...optionFaults(body, ["body"]));
    const top = { list: body, loc: ["body"], binds: [], segment: "" };
    findings.warn(...timeWarnings(body.timeout, ["body"], [top]));
  }
  const { faults, warnings } = findings;
  if (faults.length > 0 || !schema.Check(body)) throw new ValidationFailed(faults);
  return { workflow: body, warnings: warnings.map(shownWarning) };
}
