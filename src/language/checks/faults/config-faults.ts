/** The faults in the config of a step that holds no others. */
import { ValueErrorType } from "@sinclair/typebox/errors";
import type { StepTypes } from "../../../connectors/index.ts";
import type { RequestFault } from "../../../errors.ts";
import { schemaFaults } from "../../../schemas/json/faults.ts";
import { isObject, type Json } from "../../../schemas/json/json.ts";
import { CONTAINER_TYPES, isContainer } from "../../definition/control.ts";
import { wholePlaceholder } from "../../placeholder.ts";
import type { Loc } from "../reading/lists.ts";

export function configFaults(typeName: string, config: Json, loc: Loc, types: StepTypes): RequestFault[] {
  const type = types.get(typeName);
  if (type === undefined) {
    const known = [...types.keys(), ...CONTAINER_TYPES]
      .sort()
      .map((name) => `'${name}'`)
      .join(", ");
    const msg = `There is no step type ${JSON.stringify(typeName)}; known are ${known}`;
    return [{ loc: [...loc, "type"], msg, type: "enum" }];
  }
  // A value that is no object is reported by the schema.
  if (!isObject(config)) return [];
  const configLoc = [...loc, "config"];
  if (type.validator.Check(config)) {
    const faults = type.connector.check?.(config) ?? [];
    return faults.map(({ path, message: msg, type = "value_error" }) => ({ loc: [...configLoc, ...path], msg, type }));
  }
  // A placeholder may become any type: it is judged when it is resolved. A field that there is not stays one.
  const errors = Iterator.from(type.validator.Errors(config)).filter(
    (error) =>
      error.type === ValueErrorType.ObjectAdditionalProperties ||
      wholePlaceholder(error.value) === null ||
      type.connector.fixed?.has(error.path.slice(1)) === true,
  );
  return schemaFaults(errors, configLoc);
}

/** Whether a step of a type has to have a config: what is not known here may need one. */
export function mustHaveConfig(typeName: string, types: StepTypes): boolean {
  if (isContainer(typeName)) return true;
  const { validator, connector } = types.get(typeName) ?? {};
  return !(validator?.Check({}) && (connector?.check?.({}) ?? []).length === 0);
}
