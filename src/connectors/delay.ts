import { Type } from "@sinclair/typebox";
import { defineConnector } from "./index.ts";

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** Waits; the run holds no thread while it does. */
export default defineConnector({
  type: "delay",
  kind: "wait",
  description: "Waits for a number of seconds, at most a year.",
  config: Type.Object(
    { duration: Type.Number({ minimum: 0, maximum: YEAR_SECONDS, description: "Seconds" }) },
    { additionalProperties: false, examples: [{ duration: 5 }] },
  ),
  milliseconds: ({ duration }) => Math.ceil(duration * 1000),
  output: ({ duration }) => ({ type: "delay", duration, message: `Delayed for ${duration} seconds` }),
});
