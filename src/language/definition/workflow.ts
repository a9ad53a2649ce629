import { type Static, Type } from "@sinclair/typebox";
import { OPTIONS, type Options } from "./options.ts";
import { WorkflowReference } from "./reference.ts";
import { MAX_STEPS, Step } from "./step.ts";

export const WorkflowInput = Type.Object(
  {
    id: Type.Optional({ ...WorkflowReference, description: "What it is called in paths and by other workflows" }),
    name: Type.String({ minLength: 1, maxLength: 255, description: "For who reads it" }),
    description: Type.Optional(
      Type.Union([Type.String({ maxLength: 10_000 }), Type.Null()], { description: "What it is for" }),
    ),
    steps: Type.Array(Step, { minItems: 1, maxItems: MAX_STEPS, description: "They run one after the other" }),
    ...OPTIONS,
  },
  { additionalProperties: false, title: "WorkflowInput" },
);
export type WorkflowInput = Static<typeof WorkflowInput>;

/** What is executed of a workflow: its steps, and what it says of its runs. */
export type Definition = Pick<WorkflowInput, "steps"> & Options;

/** A workflow as the API shows it. */
export const Workflow = Type.Object(
  {
    uuid: Type.String({ format: "uuid" }),
    id: Type.Union([Type.String(), Type.Null()]),
    name: Type.String(),
    description: Type.Union([Type.String(), Type.Null()]),
    steps: Type.Array(Step),
    ...OPTIONS,
    version: Type.Integer({ minimum: 1, description: "1 at first, one more with every PUT that changes it" }),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time", description: "When this version was made" }),
  },
  { title: "Workflow" },
);

/** Characters of a description in a list. */
export const MAX_SHOWN_DESCRIPTION = 200;

/** A workflow in a list with `view=summary`. */
export const WorkflowSummary = Type.Object(
  {
    uuid: Type.String({ format: "uuid" }),
    id: Type.Union([Type.String(), Type.Null()]),
    name: Type.String(),
    description: Type.Union([Type.String(), Type.Null()], {
      description: `Of a longer one the first ${MAX_SHOWN_DESCRIPTION} characters and …`,
    }),
    tags: Type.Array(Type.String()),
    managed_by: Type.Union([Type.String(), Type.Null()]),
    version: Type.Integer({ minimum: 1 }),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { title: "WorkflowSummary" },
);
export type WorkflowSummary = Static<typeof WorkflowSummary>;

/** A version of a workflow in a list. */
export const WorkflowVersion = Type.Object(
  {
    version: Type.Integer({ minimum: 1 }),
    name: Type.String(),
    created_at: Type.String({ format: "date-time" }),
    managed_by: Type.Union([Type.String(), Type.Null()]),
  },
  { title: "WorkflowVersion" },
);
export type WorkflowVersion = Static<typeof WorkflowVersion>;
