import type { StepTypes } from "../connectors/index.ts";
import { forbiddenPlaceholders } from "../engine/placeholders.ts";
import { type RequestFault, ValidationFailed } from "../errors.ts";
import { FORBIDDEN_KEYS } from "../schemas/json.ts";
import type { Step, WorkflowInput } from "../schemas/workflow.ts";
import { schemaFaults } from "./faults.ts";

/**
 * Checks what the schema of a workflow cannot say: names, step types, and the config of each.
 *
 * @throws ValidationFailed with every fault
 */
export function checkWorkflow({ steps }: WorkflowInput, types: StepTypes): void {
  const faults: RequestFault[] = [];
  const names = new Set<string>();
  for (const [index, step] of steps.entries()) {
    const nameFault = faultOfName(step.name, names);
    if (nameFault !== null) faults.push({ loc: ["body", "steps", index, "name"], msg: nameFault, type: "value_error" });
    names.add(step.name);
    faults.push(...faultsOfConfig(step, ["body", "steps", index], types));
  }
  if (faults.length > 0) throw new ValidationFailed(faults);
}

function faultOfName(name: string, names: ReadonlySet<string>): string | null {
  if (name === "payload") return "A step can't be named payload: placeholders reach the trigger's payload by that name";
  if (FORBIDDEN_KEYS.has(name)) return "__proto__, constructor and prototype can't be step names";
  return names.has(name) ? `The step name ${JSON.stringify(name)} is taken by an earlier step` : null;
}

function faultsOfConfig(step: Step, loc: (string | number)[], types: StepTypes): RequestFault[] {
  const type = types.get(step.type);
  if (type === undefined) {
    const known = [...types.keys()].map((name) => `'${name}'`).join(", ");
    return [
      {
        loc: [...loc, "type"],
        msg: `There is no step type ${JSON.stringify(step.type)}; known are ${known}`,
        type: "enum",
      },
    ];
  }
  const configLoc = [...loc, "config"];
  const placeholders = forbiddenPlaceholders(step.config);
  if (placeholders.length > 0) {
    return placeholders.map((placeholder) => ({
      loc: configLoc,
      msg: `The placeholder ${placeholder} names __proto__, constructor or prototype`,
      type: "value_error",
    }));
  }
  if (!type.validator.Check(step.config)) return schemaFaults(type.validator.Errors(step.config), configLoc);
  const faults = type.connector.check?.(step.config) ?? [];
  return faults.map(({ path, message }) => ({ loc: [...configLoc, ...path], msg: message, type: "value_error" }));
}
