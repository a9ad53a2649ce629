import { type Static, Type } from "@sinclair/typebox";
import type { Json } from "./json.ts";
import type { Step } from "./workflow.ts";

/** The word that a workflow writes in `type`. */
export const BLOCK = "block";

export const MAX_NESTED_STEPS = 1000;
/** Containers around a step. */
export const MAX_NESTING = 16;

/** The config of a block. Its steps are checked one by one, as those of the workflow are. */
export const BlockConfig = Type.Object(
  {
    steps: Type.Array(Type.Unsafe<Step>(Type.Unknown()), { minItems: 1, maxItems: MAX_NESTED_STEPS }),
    output: Type.Optional(Type.Unsafe<Json>(Type.Unknown())),
  },
  { additionalProperties: false },
);
export type BlockConfig = Static<typeof BlockConfig>;
