import { type Static, Type } from "@sinclair/typebox";
import type { JsonObject } from "./json/json.ts";

export const ExpressionInput = Type.Object(
  {
    expression: Type.String({ description: "In CEL, at most 4,096 characters" }),
    context: Type.Optional(
      Type.Unsafe<JsonObject>(
        Type.Record(Type.String(), Type.Unknown(), { description: "The values of the names that it uses" }),
      ),
    ),
  },
  { additionalProperties: false, title: "ExpressionInput" },
);
export type ExpressionInput = Static<typeof ExpressionInput>;
