import { Type } from "@sinclair/typebox";
import { faultOfSignal, MAX_SIGNAL_NAMES, WAIT } from "../language/definition/control.ts";
import { faultsOfSchema } from "../language/json-schema/index.ts";
import type { JsonObject } from "../schemas/json/json.ts";
import { defineConnector } from "./index.ts";

/** Of a name with placeholders in it. */
const MAX_TEMPLATE = 1024;
const Name = Type.String({ minLength: 1, maxLength: MAX_TEMPLATE });

/** Waits until a client sends the run a signal; the run holds nothing while it does. */
export default defineConnector({
  type: WAIT,
  kind: "signal",
  description: "Waits for a signal, which a client sends to the run.",
  config: Type.Object(
    {
      signal: Type.Union([Name, Type.Array(Name, { minItems: 1, maxItems: MAX_SIGNAL_NAMES })], {
        description: "the name of a signal, or a list of up to 10 of which any will do",
      }),
      schema: Type.Optional(
        Type.Unsafe<JsonObject>(
          Type.Record(Type.String(), Type.Unknown(), { description: "A JSON Schema of what may be sent" }),
        ),
      ),
    },
    {
      additionalProperties: false,
      description: "The signal that ends the wait",
      examples: [{ signal: ["approved", "rejected"] }],
    },
  ),
  fixed: new Set(["schema"]),
  check: ({ signal, schema }) => [
    ...[signal].flat().flatMap((name, index) => {
      const message = name.includes("${") ? null : faultOfSignal(name);
      return message === null ? [] : [{ path: Array.isArray(signal) ? ["signal", index] : ["signal"], message }];
    }),
    ...faultsOfSchema(schema ?? {}, ["schema"]).map(({ loc, msg, type }) => ({ path: loc, message: msg, type })),
  ],
  signals: ({ signal }) => [signal].flat(),
});
