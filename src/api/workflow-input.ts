import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { ValueErrorType } from "@sinclair/typebox/errors";
import type { StepTypes } from "../connectors/index.ts";
import { type RequestFault, ValidationFailed } from "../errors.ts";
import { FORBIDDEN_KEYS, type Json, type JsonObject, MAX_FAULTS } from "../schemas/json.ts";
import { placeholderFaults, wholePlaceholder } from "../schemas/placeholder.ts";
import { WorkflowInput } from "../schemas/workflow.ts";
import { schemaFaults } from "./faults.ts";

const schema: TypeCheck<typeof WorkflowInput> = TypeCompiler.Compile(WorkflowInput);

/**
 * Checks a workflow as a whole: its schema, names, step types, and the config of each step.
 *
 * @throws ValidationFailed with every fault (up to MAX_FAULTS)
 */
export function readWorkflow(body: Json, types: StepTypes): WorkflowInput {
  const faults = schema.Check(body) ? [] : schemaFaults(schema.Errors(body), ["body"]);
  faults.push(...faultsOfSteps(stepsOf(body), types, MAX_FAULTS - faults.length));
  if (faults.length > 0 || !schema.Check(body)) throw new ValidationFailed(faults);
  return body;
}

function stepsOf(body: Json): Json[] {
  return isObject(body) && Array.isArray(body.steps) ? body.steps : [];
}

function faultsOfSteps(steps: Json[], types: StepTypes, room: number): RequestFault[] {
  const faults: RequestFault[] = [];
  const names = new Set<string>();
  for (const [index, step] of steps.entries()) {
    if (faults.length >= room) break;
    if (!isObject(step)) continue;
    const loc = ["body", "steps", index];
    if (typeof step.name === "string") {
      const msg = faultOfName(step.name, names);
      if (msg !== null) faults.push(valueFault([...loc, "name"], msg));
      names.add(step.name);
    }
    if (typeof step.type === "string") faults.push(...faultsOfConfig(step.type, step.config ?? null, loc, types));
  }
  return faults.slice(0, room);
}

function faultOfName(name: string, names: ReadonlySet<string>): string | null {
  if (name === "payload") return "A step can't be named payload: placeholders reach the trigger's payload by that name";
  if (FORBIDDEN_KEYS.has(name)) return "__proto__, constructor and prototype can't be step names";
  return names.has(name) ? `The step name ${JSON.stringify(name)} is taken by an earlier step` : null;
}

function faultsOfConfig(typeName: string, config: Json, loc: (string | number)[], types: StepTypes): RequestFault[] {
  const type = types.get(typeName);
  if (type === undefined) {
    const known = [...types.keys()].map((name) => `'${name}'`).join(", ");
    const msg = `There is no step type ${JSON.stringify(typeName)}; known are ${known}`;
    return [{ loc: [...loc, "type"], msg, type: "enum" }];
  }
  // What is no object is the schema's fault, and named by it.
  if (!isObject(config)) return [];
  const configLoc = [...loc, "config"];
  const placeholders = [...placeholderFaults(config).take(MAX_FAULTS)].map(({ path, message }) =>
    valueFault([...configLoc, ...path], message),
  );
  if (type.validator.Check(config)) {
    const faults = type.connector.check?.(config) ?? [];
    return [...placeholders, ...faults.map(({ path, message }) => valueFault([...configLoc, ...path], message))];
  }
  // A placeholder may become any type: it is judged when it is resolved. A field that there is not stays one.
  const errors = Iterator.from(type.validator.Errors(config)).filter(
    (error) => error.type === ValueErrorType.ObjectAdditionalProperties || wholePlaceholder(error.value) === null,
  );
  return [...placeholders, ...schemaFaults(errors, configLoc)];
}

function valueFault(loc: (string | number)[], msg: string): RequestFault {
  return { loc, msg, type: "value_error" };
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
