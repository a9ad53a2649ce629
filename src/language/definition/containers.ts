/** The configs of steps that hold steps. These are checked one by one, as those of the workflow are. */
import { type Static, Type } from "@sinclair/typebox";
import type { Json } from "../../schemas/json/json.ts";
import { Condition, NestedSteps, StepName } from "./step.ts";
import { Variables } from "./variables.ts";

/** Containers and handlers around a step. */
export const MAX_NESTING = 16;
export const MAX_BRANCHES = 100;

const steps = NestedSteps;
/** What a list of steps gives. */
export const output = Type.Optional(
  Type.Unsafe<Json>(
    Type.Unknown({
      description: "What it gives; without it an object with the outputs of its steps",
      "x-template": true,
    }),
  ),
);

const example = [{ name: "greet", type: "transform", config: { value: "Hello ${payload.name}" } }];

/** Its variables. */
export const vars = Type.Optional(Variables);

export const BlockConfig = Type.Object(
  { steps, output, vars },
  {
    additionalProperties: false,
    description: "Steps that are one to a retry or a catch",
    examples: [{ steps: example }],
  },
);
export type BlockConfig = Static<typeof BlockConfig>;

export const Branch = Type.Object(
  { name: { ...StepName, description: "Of the branch, another in each" }, steps, output, vars },
  {
    additionalProperties: false,
    title: "Branch",
    description: "Steps that run beside those of the other branches",
    examples: [{ name: "left", steps: example }],
  },
);

/** `details.case` of a switch that took no case has this word. */
export const DEFAULT_CASE = "default";

export const Case = Type.Object(
  {
    name: Type.Optional(
      Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]{0,63}$", description: "In place of its index in details.case" }),
    ),
    if: Condition,
    steps,
    output,
    vars,
  },
  {
    additionalProperties: false,
    title: "Case",
    description: "Steps that run where the condition holds, and that of no case before",
    examples: [{ name: "large", if: "payload.total > 100", steps: example }],
  },
);

export const DefaultCase = Type.Object(
  { steps, output, vars },
  {
    additionalProperties: false,
    title: "DefaultCase",
    description: "Runs where no condition holds",
    examples: [{ steps: example }],
  },
);

export const SwitchConfig = Type.Object(
  {
    cases: Type.Array(Case, {
      minItems: 1,
      maxItems: MAX_BRANCHES,
      description: "The first whose condition holds runs",
    }),
    default: Type.Optional(DefaultCase),
  },
  {
    additionalProperties: false,
    description: "Lists of steps, of which one runs",
    examples: [{ cases: [{ if: "payload.total > 100", steps: example }], default: { steps: example } }],
  },
);
export type SwitchConfig = Static<typeof SwitchConfig>;

export const JOINS = ["all", "all_settled", "any"] as const;
export type JoinKind = (typeof JOINS)[number];

export const ParallelConfig = Type.Object(
  {
    branches: Type.Array(Branch, {
      minItems: 1,
      maxItems: MAX_BRANCHES,
      description: "Lists of steps that run side by side",
    }),
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
  {
    additionalProperties: false,
    description: "Lists of steps side by side, and when the step is over",
    examples: [
      {
        branches: [
          { name: "left", steps: example },
          { name: "right", steps: example },
        ],
      },
    ],
  },
);
export type ParallelConfig = Static<typeof ParallelConfig>;
