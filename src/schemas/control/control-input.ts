import { type Static, Type } from "@sinclair/typebox";
import type { JsonObject } from "../json/json.ts";

/** How a client asks for a run to be cancelled. */
export const CancelInput = Type.Object(
  {
    reason: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1000, description: "For those who read the run: its cancel_reason" }),
    ),
    compensate: Type.Optional(
      Type.Boolean({ description: "false: what succeeded is not undone, and what is being undone is given up; true" }),
    ),
  },
  { additionalProperties: false, title: "CancelInput" },
);
export type CancelInput = Static<typeof CancelInput>;

/** The body of a request that says all by its path. */
export const Nothing = Type.Object({}, { additionalProperties: false });

/** How a client asks for a run that is over to be tried again. */
export const RetryInput = Type.Object(
  {
    from: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 2000,
        description:
          "The address of the step to begin with, at the top or inside blocks and switches; the first that did not do what it was to",
      }),
    ),
    version: Type.Optional(
      Type.Union([Type.Literal("same"), Type.Literal("latest"), Type.Integer({ minimum: 1, maximum: 2 ** 31 - 1 })], {
        description: "Of the workflow: that of the run, the newest, or the one of a number; same",
      }),
    ),
    payload: Type.Optional(
      Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown(), { description: "That of the run" })),
    ),
    dry_run: Type.Optional(
      Type.Boolean({ description: "true: nothing is stored, the answer says which steps would run; false" }),
    ),
  },
  { additionalProperties: false, title: "RetryInput" },
);
export type RetryInput = Static<typeof RetryInput>;
