/** The configs of steps that hold steps. These are checked one by one, as those of the workflow are. */
import { type Static, Type } from "@sinclair/typebox";
import type { Json } from "../../schemas/json.ts";
import { NestedSteps, StepName } from "./step.ts";

export const BLOCK = "block";
export const PARALLEL = "parallel";
/** The types of steps that hold others. */
export const CONTAINER_TYPES = [BLOCK, PARALLEL] as const;
export type ContainerType = (typeof CONTAINER_TYPES)[number];

export function isContainer(type: string): type is ContainerType {
  return CONTAINER_TYPES.some((one) => one === type);
}

/** Containers and handlers around a step. */
export const MAX_NESTING = 16;
export const MAX_BRANCHES = 100;

const steps = NestedSteps;
const output = Type.Optional(
  Type.Unsafe<Json>(Type.Unknown({ description: "What it gives; without it an object with the outputs of its steps" })),
);

export const BlockConfig = Type.Object({ steps, output }, { additionalProperties: false });
export type BlockConfig = Static<typeof BlockConfig>;

export const Branch = Type.Object({ name: StepName, steps, output }, { additionalProperties: false, title: "Branch" });

export const JOINS = ["all", "all_settled", "any"] as const;
export type JoinKind = (typeof JOINS)[number];

export const ParallelConfig = Type.Object(
  {
    branches: Type.Array(Branch, { minItems: 1, maxItems: MAX_BRANCHES }),
    join: Type.Optional(
      Type.Union(
        JOINS.map((join) => Type.Literal(join)),
        {
          description:
            "all: the first branch that fails ends the step; all_settled: every branch is waited for; any: the first that succeeds ends it",
        },
      ),
    ),
    concurrency: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MAX_BRANCHES, description: "Branches under way at once; all of them" }),
    ),
  },
  { additionalProperties: false },
);
export type ParallelConfig = Static<typeof ParallelConfig>;
