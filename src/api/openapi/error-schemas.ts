/** The bodies of answers that refuse something, and what they are made of. */
import { Type } from "@sinclair/typebox";

export const ErrorBody = Type.Object(
  { detail: Type.String(), code: Type.String(), request_id: Type.String() },
  { title: "Error" },
);

export const ExpressionPlace = Type.Object(
  { offset: Type.Integer(), length: Type.Integer() },
  { title: "ExpressionPlace", description: "A part of an expression, in UTF-16 units" },
);

export const Finding = Type.Object(
  {
    loc: Type.Array(Type.Union([Type.String(), Type.Integer()])),
    msg: Type.String(),
    type: Type.String(),
    ctx: Type.Optional(ExpressionPlace),
  },
  { title: "Finding", description: "Something in a request: where it is, in words, and as one word" },
);

/** What in a definition may not be what its author meant. */
export const Warnings = Type.Array(Finding, { description: "They refuse nothing" });

export const ValidationErrorBody = Type.Object(
  {
    detail: Type.Array(Finding),
    code: Type.String(),
    request_id: Type.String(),
  },
  {
    title: "ValidationError",
    examples: [
      {
        detail: [{ loc: ["body", "steps", 0, "name"], msg: "Field required", type: "missing" }],
        code: "validation_failed",
        request_id: "00000000-0000-4000-8000-000000000000",
      },
    ],
  },
);
