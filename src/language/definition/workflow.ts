import { type Static, Type } from "@sinclair/typebox";
import { MAX_STEPS, Step } from "./step.ts";

/** A user's own id of a workflow: it stands in paths, so it holds no slash and no control character. */
export const WorkflowReference = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^(?!\\.{1,2}$)[^/\\\\\\u0000-\\u001f\\u007f]+$",
  description: "The uuid of a workflow, or the id its author gave it (then the newest workflow with that id)",
});

export const WorkflowInput = Type.Object(
  {
    id: Type.Optional(WorkflowReference),
    name: Type.String({ minLength: 1, maxLength: 255 }),
    description: Type.Optional(Type.Union([Type.String({ maxLength: 10_000 }), Type.Null()])),
    steps: Type.Array(Step, { minItems: 1, maxItems: MAX_STEPS }),
  },
  { additionalProperties: false, title: "WorkflowInput" },
);
export type WorkflowInput = Static<typeof WorkflowInput>;

/** A workflow as the API shows it. */
export const Workflow = Type.Object(
  {
    uuid: Type.String({ format: "uuid" }),
    id: Type.Union([Type.String(), Type.Null()]),
    name: Type.String(),
    description: Type.Union([Type.String(), Type.Null()]),
    steps: Type.Array(Step),
    version: Type.Integer({ minimum: 1, description: "1 at first, one more with every PUT" }),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time", description: "When this version was made" }),
  },
  { title: "Workflow" },
);
