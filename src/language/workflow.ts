import { type Static, Type } from "@sinclair/typebox";
import type { JsonObject } from "../schemas/json.ts";
import type { StepRetry } from "./retry.ts";

export const MAX_STEPS = 10_000;

/** A user's own id of a workflow: it stands in paths, so it holds no slash and no control character. */
export const WorkflowReference = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^(?!\\.{1,2}$)[^/\\\\\\u0000-\\u001f\\u007f]+$",
  description: "The uuid of a workflow, or the id its author gave it (then the newest workflow with that id)",
});

// A step's name is a segment of a placeholder path, which is why these characters are kept out of it.
export const StepName = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[^.\\[\\]{}$\\u0000-\\u001f\\u007f]+$",
});

export const Step = Type.Object(
  {
    name: StepName,
    type: Type.String({ maxLength: 255 }),
    config: Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown())),
    retry: Type.Optional(
      Type.Unsafe<StepRetry>(
        Type.Unknown({ description: "A Retry, up to five of them, or false: what happens when an attempt fails" }),
      ),
    ),
  },
  { additionalProperties: false, title: "Step" },
);
export type Step = Static<typeof Step>;

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
