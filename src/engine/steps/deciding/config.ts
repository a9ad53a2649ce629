import type { ConfigFault, Connector, StepType } from "../../../connectors/index.ts";
import { shortened } from "../../../errors.ts";
import { isObject, type Json } from "../../../schemas/json/json.ts";
import { wordsOf } from "../../../schemas/json/words.ts";
import { describeFailure } from "../../../step-failures.ts";
import { resolvePlaceholders } from "../../placeholders.ts";
import { placeholderFailure } from "../../result.ts";
import type { Meter, Scope } from "../../state/scope.ts";

/** A step's config with its placeholders resolved, or why the step type can't take it. */
export function resolveConfig(
  config: Json,
  scope: Scope,
  { validator, connector }: StepType,
  meter: Meter,
): { value: Json } | { code: string; error: string } {
  try {
    const value = resolvePlaceholders(config, scope, connector.join, meter);
    if (validator.Check(value)) {
      const fault = faultOfBrought(config, value, connector);
      return fault === undefined ? { value } : unfit(fault);
    }
    const fault = validator.Errors(value).First();
    const msg = fault === undefined ? "Input does not fit" : wordsOf(fault).msg;
    return describeFailure("config_unfit", { place: placeOf(fault?.path ?? ""), fault: msg });
  } catch (error) {
    return placeholderFailure(error);
  }
}

/** The fault of a field that was one placeholder, where the step type takes less of those. */
function faultOfBrought(config: Json, value: Json, { brought }: Connector): ConfigFault | undefined {
  if (brought === undefined || !isObject(config) || !isObject(value)) return undefined;
  for (const [field, faultsOf] of brought) {
    const [fault] = typeof config[field] === "string" ? faultsOf(value[field] ?? null) : [];
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What a step type that is asked for more than its schema says of a config. */
export function unfit({ path, message }: ConfigFault): { code: string; error: string } {
  return describeFailure("config_unfit", {
    place: shortened(path.map((part) => `.${part}`).join(""), MAX_PLACE),
    fault: message,
  });
}

const MAX_PLACE = 200;

/** A JSON pointer (RFC 6901) as a path with dots; a payload can make its keys as long as it likes. */
function placeOf(pointer: string): string {
  return shortened(pointer.replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~"), MAX_PLACE);
}
