import { Type } from "@sinclair/typebox";
import { SET } from "../language/definition/control.ts";
import { Variables } from "../language/definition/variables.ts";
import { defineConnector } from "./index.ts";

/** The engine assigns what it gives, see src/engine/steps/recording/record.ts. */
export default defineConnector({
  type: SET,
  kind: "pure",
  description: "Sets variables of the lists of steps around it.",
  config: Type.Object(
    { variables: { ...Variables, minProperties: 1, description: "Their new values, by their names" } },
    {
      additionalProperties: false,
      description: "Variables of the lists around the step",
      examples: [{ variables: { total: "${{ vars.total + payload.amount }}" } }],
    },
  ),
  run: ({ variables }) => variables,
});
