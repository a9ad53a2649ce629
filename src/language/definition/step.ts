import { type Static, Type } from "@sinclair/typebox";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { Duration } from "./durations.ts";
import { type Matcher, On } from "./matchers.ts";
import type { StepRetry } from "./retry.ts";
import { Variables } from "./variables.ts";

export const MAX_STEPS = 10_000;
export const MAX_NESTED_STEPS = 1000;
export const MAX_CATCHES = 10;
const MAX_DESCRIPTION = 1000;

// A step's name is a segment of a placeholder path, which is why these characters are kept out of it. Definitions that were
// stored before may have some of C1 (U+0080 to U+009F).
export const StepName = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: "^[^.\\[\\]{}$\\u0000-\\u001f\\u007f-\\u009f]+$",
});

/** The words of `on_error`. */
const OnError = Type.Union([Type.Literal("fail"), Type.Literal("continue")], {
  description: "continue: the run goes on behind the step though it failed",
});

/** An expression that gives true or false. */
export const Condition = Type.String({
  description: "An expression (CEL) of up to 4,096 characters that gives true or false, such as payload.total > 100",
  "x-expression": true,
});

const UNDOING = {
  type: "webhook",
  config: { method: "DELETE", url: "https://pay.example/charges/${charge.response_data.id}" },
};

/** What undoes a step that succeeded, should its run fail or be cancelled later. */
export const Compensation = Type.Object(
  {
    step: Type.Object(
      {
        type: Type.String({ maxLength: 255, description: "Of a step that holds no others" }),
        config: Type.Unsafe<JsonObject>(
          Type.Record(Type.String(), Type.Unknown(), { description: "As of any step; it sees what the step gave" }),
        ),
        retry: Type.Optional(Type.Unsafe<StepRetry>(Type.Unknown({ description: "As of any step" }))),
        timeout: Type.Optional(Duration),
      },
      {
        additionalProperties: false,
        title: "CompensationStep",
        description: "What undoes the step, without a name",
        examples: [UNDOING],
      },
    ),
  },
  {
    additionalProperties: false,
    title: "Compensation",
    description: "Undoes a step that succeeded, should its run fail or be cancelled later",
    examples: [{ step: UNDOING }],
  },
);
export type Compensation = Static<typeof Compensation>;

export const Step = Type.Object(
  {
    name: StepName,
    type: Type.String({ maxLength: 255 }),
    config: Type.Optional(
      Type.Unsafe<JsonObject>(
        Type.Record(Type.String(), Type.Unknown(), {
          description: "May be left out where none of its fields is needed",
        }),
      ),
    ),
    description: Type.Optional(Type.String({ maxLength: MAX_DESCRIPTION, description: "For who reads it" })),
    if: Type.Optional(Condition),
    timeout: Type.Optional(Duration),
    retry: Type.Optional(
      Type.Unsafe<StepRetry>(
        Type.Unknown({ description: "A Retry, up to five of them, or false: what happens when an attempt fails" }),
      ),
    ),
    catch: Type.Optional(
      Type.Array(Type.Unsafe<Catch>(Type.Unknown()), {
        minItems: 1,
        maxItems: MAX_CATCHES,
        description: "What happens when the step has failed for good; the first that means the error",
      }),
    ),
    on_error: Type.Optional(OnError),
    compensate: Type.Optional(
      Type.Unsafe<Compensation>(
        Type.Unknown({ description: "Undoes the step, if it succeeded, when its run fails or is cancelled" }),
      ),
    ),
  },
  { additionalProperties: false, title: "Step" },
);
export type Step = Static<typeof Step>;

/** Steps that follow one another. They are checked one by one, as those of the workflow are. */
export const NestedSteps = Type.Array(Type.Unsafe<Step>(Type.Unknown()), {
  minItems: 1,
  maxItems: MAX_NESTED_STEPS,
  description: "They run one after the other",
});

/** Steps that run when the step has failed with one of the errors. */
export const Catch = Type.Object(
  {
    on: Type.Optional(On),
    steps: NestedSteps,
    output: Type.Optional(
      Type.Unsafe<Json>(
        Type.Unknown({
          description: "What the step gives then; without it what its failed attempt left, or null",
          "x-template": true,
        }),
      ),
    ),
    vars: Type.Optional(Variables),
  },
  {
    additionalProperties: false,
    title: "Catch",
    description: "Steps that run when the step has failed with one of the errors; the run goes on behind it",
    examples: [
      { on: ["timeout"], steps: [{ name: "late", type: "transform", config: { value: "${error.message}" } }] },
    ],
  },
);
export type Catch = {
  on?: Matcher[];
  steps: Step[];
  output?: Json;
  vars?: JsonObject;
};

/** The errors that a catch without `on` means. */
export const CATCH_ON: readonly Matcher[] = ["*"];
