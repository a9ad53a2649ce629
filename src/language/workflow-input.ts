import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { StepTypes } from "../connectors/index.ts";
import { ValidationFailed } from "../errors.ts";
import { schemaFaults } from "../schemas/faults.ts";
import { isObject, type Json, MAX_FAULTS } from "../schemas/json.ts";
import { StepFaults } from "./checks/step-faults.ts";
import { WorkflowInput } from "./definition/workflow.ts";

const schema: TypeCheck<typeof WorkflowInput> = TypeCompiler.Compile(WorkflowInput);

/**
 * Checks a workflow as a whole: its schema, names, step types, and the config of each step.
 *
 * @throws ValidationFailed with every fault (up to MAX_FAULTS)
 */
export function readWorkflow(body: Json, types: StepTypes): WorkflowInput {
  const faults = schema.Check(body) ? [] : schemaFaults(schema.Errors(body), ["body"]);
  const room = MAX_FAULTS - faults.length;
  if (isObject(body)) faults.push(...new StepFaults(types, room, body).faults.slice(0, room));
  if (faults.length > 0 || !schema.Check(body)) throw new ValidationFailed(faults);
  return body;
}
