import { Type } from "@sinclair/typebox";
import type { Json } from "../schemas/json/json.ts";
import { defineConnector } from "./index.ts";

/** Shapes data: its config is any JSON with placeholders, its output that JSON with the placeholders resolved. */
export default defineConnector({
  type: "transform",
  kind: "pure",
  description: "Computes a value from the payload and earlier outputs. No I/O.",
  config: Type.Object(
    { value: Type.Unsafe<Json>(Type.Unknown({ description: "Any JSON" })) },
    {
      additionalProperties: false,
      description: "What the step gives",
      examples: [{ value: { greeting: "Hello ${payload.name}" } }],
    },
  ),
  run: ({ value }) => ({ type: "transform", value }),
});
