/** The faults in the config of a step that holds others, beside those in its lists and in what it reads. */
import type { RequestFault } from "../../../errors.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { schemaFaults } from "../../../schemas/json/faults.ts";
import type { JsonObject } from "../../../schemas/json/json.ts";
import { BlockConfig, ParallelConfig, SwitchConfig } from "../../definition/containers.ts";
import { type ContainerType, LOOP, MAP } from "../../definition/control.ts";
import { LoopConfig } from "../../definition/loop.ts";
import { AS, MapConfig } from "../../definition/map.ts";
import type { Loc } from "../reading/lists.ts";
import type { Scope } from "../reading/scope.ts";
import { boundFaults, loopFaults, mapFaults } from "./iteration-faults.ts";

const schemas = {
  block: checkOf(BlockConfig),
  parallel: checkOf(ParallelConfig),
  switch: checkOf(SwitchConfig),
  loop: checkOf(LoopConfig),
  map: checkOf(MapConfig),
};

/** @param scope where the step stands */
export function containerFaults(type: ContainerType, config: JsonObject, loc: Loc, scope: Scope): RequestFault[] {
  const { as = AS, index } = config;
  return [
    ...(type === LOOP ? [...loopFaults(config, loc), ...boundFaults({ index }, loc, scope)] : []),
    ...(type === MAP ? [...mapFaults(config, loc), ...boundFaults({ as, index }, loc, scope)] : []),
    ...schemaFaults(schemas[type].Errors(config), loc),
  ];
}
