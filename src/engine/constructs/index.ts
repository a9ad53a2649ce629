import type { ContainerType } from "../../language/definition/control.ts";
import { block } from "./block.ts";
import type { Construct } from "./construct.ts";
import { loop } from "./loop.ts";
import { map } from "./map.ts";
import { parallel } from "./parallel.ts";
import { switching } from "./switch.ts";

export const CONSTRUCTS: Readonly<Record<ContainerType, Construct>> = { block, parallel, switch: switching, loop, map };
