/** The faults in what undoes a step, beside those in what it reads. */
import type { StepTypes } from "../../../connectors/index.ts";
import type { RequestFault } from "../../../errors.ts";
import { type Check, checkOf } from "../../../schemas/json/check.ts";
import { schemaFaults } from "../../../schemas/json/faults.ts";
import type { Json } from "../../../schemas/json/json.ts";
import { Compensation } from "../../definition/step.ts";
import type { Loc } from "../reading/lists.ts";
import { configFaults } from "./config-faults.ts";
import { policyFaults } from "./policy-faults.ts";

const schema: Check<typeof Compensation> = checkOf(Compensation);

/** Types of steps that may undo another. */
const TYPES: ReadonlySet<string> = new Set(["delay", "transform", "webhook", "workflow"]);

export function compensationFaults(compensate: Json | undefined, loc: Loc, types: StepTypes): RequestFault[] {
  if (compensate === undefined) return [];
  if (!schema.Check(compensate)) return schemaFaults(schema.Errors(compensate), loc);
  const { type, config, retry, timeout } = compensate.step;
  const at = [...loc, "step"];
  const msg = `A step of type ${JSON.stringify(type)} can't undo another: ${[...TYPES].join(", ")} can`;
  if (!TYPES.has(type)) return [{ loc: [...at, "type"], msg, type: "compensate_not_allowed" }];
  const isEffect = types.get(type)?.connector.kind === "effect";
  const policy = { type, ...(retry !== undefined && { retry }), ...(timeout !== undefined && { timeout }) };
  return [...configFaults(type, config, at, types), ...policyFaults(policy, at, isEffect)];
}
