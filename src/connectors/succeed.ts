import { Type } from "@sinclair/typebox";
import { SUCCEED } from "../language/definition/control.ts";
import type { Json } from "../schemas/json/json.ts";
import { defineConnector } from "./index.ts";

/** The engine ends the run behind it. */
export default defineConnector({
  type: SUCCEED,
  kind: "pure",
  description: "Ends the run as successful, with an output.",
  config: Type.Object(
    { output: Type.Optional(Type.Unsafe<Json>(Type.Unknown({ description: "What the run gives; null" }))) },
    {
      additionalProperties: false,
      description: "What the run gives",
      examples: [{ output: { paid: "${payload.total}" } }],
    },
  ),
  run: ({ output = null }) => ({ type: SUCCEED, output }),
});
