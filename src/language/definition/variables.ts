/** Variables of a list of steps: names, and what they begin with. */
import { type Static, Type } from "@sinclair/typebox";
import type { JsonObject } from "../../schemas/json/json.ts";

export const MAX_VARIABLES = 100;
/** What steps reach them by. */
export const VARS = "vars";

export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

export const Variables = Type.Unsafe<JsonObject>(
  Type.Record(Type.String(), Type.Unknown(), {
    "x-template": true,
    description: "Variables of the list by their names, with what they begin with; `set` changes them",
  }),
);
export type Variables = Static<typeof Variables>;
