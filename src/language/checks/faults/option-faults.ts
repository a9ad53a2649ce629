/** The faults in what a workflow says beside its steps, as far as its schema does not tell. */
import type { RequestFault } from "../../../errors.ts";
import { isObject, type Json, type JsonObject } from "../../../schemas/json/json.ts";
import { MAX_UI } from "../../definition/options.ts";
import { faultsOfSchema } from "../../json-schema/index.ts";
import type { Loc } from "../reading/lists.ts";
import { durationFaults, MAX_EFFECT_SECONDS, retryFaults } from "./policy-faults.ts";

export function optionFaults(body: JsonObject, loc: Loc): RequestFault[] {
  const { input, timeout, defaults, rate_limit: rateLimit, ui } = body;
  return [
    ...(isObject(input) ? faultsOfSchema(input, [...loc, "input"]) : []),
    ...durationFaults(timeout, [...loc, "timeout"]),
    ...(isObject(defaults) ? defaultFaults(defaults, [...loc, "defaults"]) : []),
    ...(isObject(rateLimit) ? durationFaults(rateLimit.per, [...loc, "rate_limit", "per"]) : []),
    ...uiFaults(ui, [...loc, "ui"]),
  ];
}

/** As of a step that acts on the world. */
function defaultFaults(defaults: JsonObject, loc: Loc): RequestFault[] {
  return [
    ...retryFaults(defaults, [...loc, "retry"], true),
    ...durationFaults(defaults.timeout, [...loc, "timeout"], MAX_EFFECT_SECONDS),
  ];
}

function uiFaults(ui: Json | undefined, loc: Loc): RequestFault[] {
  if (!isObject(ui) || JSON.stringify(ui).length <= MAX_UI) return [];
  return [{ loc, msg: `Should be at most ${MAX_UI} characters of JSON`, type: "too_large" }];
}
