/** The config of a step that repeats its steps. */
import { type Static, Type } from "@sinclair/typebox";
import { output, vars } from "./containers.ts";
import { Duration } from "./durations.ts";
import { Condition, NestedSteps } from "./step.ts";

export const MAX_ITERATIONS = 10_000;
/** What the steps of a loop know of their iteration: `{index, last}`. */
export const ITERATION = "iteration";

/** A name that a step binds for the steps within it. */
export const BoundName = Type.String({ pattern: "^[A-Za-z_][A-Za-z0-9_]{0,63}$" });

export const LoopConfig = Type.Object(
  {
    while: Type.Optional({ ...Condition, description: "Tested before each iteration; exactly one of while and until" }),
    until: Type.Optional({ ...Condition, description: "Tested after each iteration, whose steps it sees" }),
    max_iterations: Type.Integer({
      minimum: 1,
      maximum: MAX_ITERATIONS,
      description: "How often its steps run at most",
    }),
    /** Between the end of an iteration and the begin of the next. */
    interval: Type.Optional(Duration),
    on_limit: Type.Optional(
      Type.Union([Type.Literal("fail"), Type.Literal("continue")], {
        description: "When max_iterations are over, and there would be another: fail with loop_limit, or go on",
      }),
    ),
    index: Type.Optional({ ...BoundName, description: "A name for the number of the iteration, from 0" }),
    steps: NestedSteps,
    output,
    vars,
  },
  {
    additionalProperties: false,
    description: "Steps that are repeated",
    // For editors: the checks say it in a sentence.
    oneOf: [{ required: ["while"] }, { required: ["until"] }],
    examples: [
      {
        until: 'check.response_data.state == "done"',
        max_iterations: 200,
        interval: 15,
        steps: [
          {
            name: "check",
            type: "webhook",
            config: { method: "GET", url: "https://jobs.example/${payload.job}" },
          },
        ],
      },
    ],
  },
);
export type LoopConfig = Static<typeof LoopConfig>;
