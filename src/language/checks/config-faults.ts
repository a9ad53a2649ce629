/** The faults in the config of a step that holds no others, and in the placeholders of any value. */
import { ValueErrorType } from "@sinclair/typebox/errors";
import type { StepTypes } from "../../connectors/index.ts";
import type { RequestFault } from "../../errors.ts";
import { schemaFaults } from "../../schemas/faults.ts";
import { isDeeper, isObject, type Json, MAX_DEPTH, MAX_FAULTS } from "../../schemas/json.ts";
import { CONTAINER_TYPES } from "../definition/containers.ts";
import { wholePlaceholder } from "../placeholder.ts";
import { readPlaceholders } from "../placeholder-faults.ts";
import type { Loc } from "./lists.ts";
import type { Reading } from "./reading.ts";
import type { Scope } from "./scope.ts";

/** What the checks of a value that a run resolves need to know. */
export interface Around {
  scope: Scope;
  reading: Reading;
}

export function configFaults(
  typeName: string,
  config: Json,
  loc: Loc,
  types: StepTypes,
  around: Around,
): RequestFault[] {
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
  if (isDeeper(config, MAX_DEPTH)) return [tooDeep(configLoc)];
  const placeholders = faultsOfPlaceholders(config, configLoc, around);
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

/** Of a value that a run resolves: a step's output. */
export function templateFaults(value: Json, loc: Loc, around: Around): RequestFault[] {
  return isDeeper(value, MAX_DEPTH) ? [tooDeep(loc)] : faultsOfPlaceholders(value, loc, around);
}

function faultsOfPlaceholders(value: Json, root: Loc, { scope, reading }: Around): RequestFault[] {
  const found: RequestFault[] = [];
  for (const { path, faults, references } of readPlaceholders(value, (text) => reading.expressions.read(text))) {
    const loc = [...root, ...path];
    for (const { message: msg, ...fault } of faults) found.push({ loc, msg, ...fault });
    for (const { ctx, ...read } of references) {
      const missing = reading.references.missing(read, scope);
      if (missing !== null) found.push({ loc, ...missing, ...(ctx !== undefined && { ctx }) });
    }
    if (found.length >= MAX_FAULTS) break;
  }
  return found;
}

function tooDeep(loc: Loc): RequestFault {
  return valueFault(loc, `Arrays and objects nest deeper than ${MAX_DEPTH}`);
}

function valueFault(loc: Loc, msg: string): RequestFault {
  return { loc, msg, type: "value_error" };
}
