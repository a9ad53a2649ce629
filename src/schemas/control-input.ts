import { type Static, Type } from "@sinclair/typebox";

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
