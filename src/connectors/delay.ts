import { type Static, Type } from "@sinclair/typebox";
import { boundedDuration, MAX_DURATION_SECONDS, secondsOf } from "../language/definition/durations.ts";
import { timeOf } from "../language/expressions/values/moments.ts";
import { wholePlaceholder } from "../language/placeholder.ts";
import { type ConfigFault, defineConnector } from "./index.ts";

const NO_MOMENT = "Should be a time of ISO 8601 with its offset, such as 2030-01-31T08:00:00Z";
const TOO_LONG = `Input should be less than or equal to ${MAX_DURATION_SECONDS}`;
const TOO_FAR = "Should be at most 366 days ahead";

const config = Type.Object(
  {
    duration: Type.Optional(boundedDuration(0, MAX_DURATION_SECONDS, "How long")),
    until: Type.Optional(
      Type.String({
        description: "A time of ISO 8601 with its offset, at most 366 days ahead; what is past ends at once",
      }),
    ),
  },
  {
    additionalProperties: false,
    description: "Either of the two",
    examples: [{ duration: 5 }],
    // For editors: the check below says it in a sentence.
    oneOf: [{ required: ["duration"] }, { required: ["until"] }],
  },
);

/** Waits; the run holds no thread while it does. */
export default defineConnector({
  type: "delay",
  kind: "wait",
  description: "Waits for a time, or until a time, at most 366 days.",
  config,
  check: (config) => {
    const fault = faultOf(config);
    return fault === null ? [] : [fault];
  },
  milliseconds(config, now) {
    const fault = faultOf(config);
    if (fault !== null) return fault;
    const { duration = 0, until } = config;
    if (until === undefined) return Math.ceil(secondsOf(duration) * 1000);
    const moment = timeOf(until);
    // Its placeholders are resolved by now: a text that looks like one is no time.
    if (moment === null) return { path: ["until"], message: NO_MOMENT };
    const left = Math.max(0, moment - now);
    return left <= MAX_DURATION_SECONDS * 1000 ? left : { path: ["until"], message: TOO_FAR };
  },
  output({ duration = 0, until }) {
    if (until !== undefined) return { type: "delay", until, message: `Delayed until ${until}` };
    const seconds = secondsOf(duration);
    return { type: "delay", duration: seconds, message: `Delayed for ${seconds} seconds` };
  },
});

/** What a schema can't say, of a config whose placeholders may be resolved or not. */
function faultOf({ duration, until }: Static<typeof config>): ConfigFault | null {
  if (until !== undefined) {
    if (duration !== undefined) return { path: ["until"], message: "Give duration or until, not both" };
    return until.includes("${") || timeOf(until) !== null ? null : { path: ["until"], message: NO_MOMENT };
  }
  if (duration === undefined) return { path: ["duration"], message: "Field required", type: "missing" };
  if (wholePlaceholder(duration) !== null || secondsOf(duration) <= MAX_DURATION_SECONDS) return null;
  return { path: ["duration"], message: TOO_LONG, type: "less_than_equal" };
}
