/** Steps of a run, as they are listed and shown one by one. */
import { type Static, Type } from "@sinclair/typebox";
import type { Json } from "../json/json.ts";
import { Run, StepResult } from "../runs/run.ts";
import { RunSummary, SummaryStep, SummarySteps, SummaryWorkflow } from "../runs/run-summary.ts";
import { InputGap, StepInput } from "../runs/step-input.ts";
import { PageQuery } from "./page-query.ts";

const MAX_ADDRESS = 2000;

/** The query of the list of a run's steps. */
export const StepQuery = Type.Object(
  {
    limit: PageQuery.properties.limit,
    cursor: PageQuery.properties.cursor,
    under: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_ADDRESS,
        description: "Steps below this address alone: of a container, a branch, an iteration such as prices[3]",
      }),
    ),
    from: Type.Optional(
      Type.Integer({
        minimum: 0,
        description: "With `under` the address of a map or a loop: what is in its iterations from this one on, from 0",
      }),
    ),
    status: Type.Optional(
      Type.Array(StepResult.properties.status, { description: "Any of these: repeated, or with commas" }),
    ),
  },
  { additionalProperties: false },
);
export type StepQuery = Static<typeof StepQuery>;

/** The query of one step. */
export const StepDetailQuery = Type.Object(
  {
    output_limit: Type.Optional(
      Type.Integer({ minimum: 0, description: "Bytes of JSON: a larger output is left out, and read by itself" }),
    ),
    input_limit: Type.Optional(
      Type.Integer({ minimum: 0, description: "Bytes of JSON: of a larger input the config is left out" }),
    ),
  },
  { additionalProperties: false },
);
export type StepDetailQuery = Static<typeof StepDetailQuery>;

/** How a run is shown: all of it, or without what can be large. */
export const RunViewQuery = Type.Object({
  steps: Type.Optional(
    Type.Union([Type.Literal("all"), Type.Literal("top")], {
      default: "all",
      description: "top: step_results without nested steps",
    }),
  ),
  view: Type.Optional(
    Type.Union([Type.Literal("full"), Type.Literal("outline")], {
      default: "full",
      description:
        "outline: steps in the order of the definition, without payload and outputs; those within maps and loops are counted",
    }),
  ),
});
export type RunViewQuery = Static<typeof RunViewQuery>;

const {
  status,
  started_at,
  completed_at,
  error,
  type,
  attempts,
  tried_at,
  error_details,
  handled,
  details,
  steps_omitted,
} = StepResult.properties;
const shown = {
  address: Type.String({ description: "As in step_results" }),
  path: Type.String({ description: "Its place in the definition" }),
  type,
  status,
  started_at,
  completed_at,
  attempts,
  tried_at,
  error,
  error_details,
  handled,
  details,
  steps_omitted,
  output_bytes: Type.Integer({ minimum: 0, description: "Of its output as JSON" }),
};

/** A step in a list: without its output. */
export const RunStep = Type.Object(shown, { title: "RunStep" });
export type RunStep = Static<typeof RunStep>;

const ofAttempt = {
  started_at: Type.Optional(
    Type.String({ format: "date-time", description: "When it began; absent of old runs, for all but the first" }),
  ),
  status: Type.Optional(Type.Integer({ description: "Of the reply to a webhook, where one came" })),
};

export const FailedAttempt = Type.Object(
  {
    ...ofAttempt,
    error: Type.String(),
    error_details,
    next_at: Type.Optional(Type.String({ format: "date-time", description: "When the next attempt began, or will" })),
  },
  { title: "FailedAttempt", description: "An attempt that another one followed" },
);
export type FailedAttempt = Static<typeof FailedAttempt>;

export const LastAttempt = Type.Object(
  { number: Type.Integer({ minimum: 1 }), ...ofAttempt },
  {
    title: "LastAttempt",
    description:
      "The attempt that ended the step, or is under way; absent while the next one is waited for, and where a handler followed",
  },
);
export type LastAttempt = Static<typeof LastAttempt>;

/** A step by itself. */
export const RunStepDetail = Type.Object(
  {
    ...shown,
    last_attempt: Type.Optional(LastAttempt),
    failed_attempts: Type.Optional(Type.Array(FailedAttempt, { description: "In order; absent where there is none" })),
    input: StepInput,
    output: Type.Optional(
      Type.Unsafe<Json>({ ...StepResult.properties.output, description: "Absent where it is over `output_limit`" }),
    ),
  },
  { title: "RunStepDetail" },
);
export type RunStepDetail = Static<typeof RunStepDetail>;

export const StepCounts = Type.Object(
  {
    running: Type.Integer(),
    success: Type.Integer(),
    failed: Type.Integer(),
    skipped: Type.Integer(),
  },
  { title: "StepCounts", description: "Of the steps within a map or a loop that are kept" },
);

/** The items of a map. */
export const MapItems = Type.Object(
  {
    total: Type.Integer({ minimum: 0 }),
    items: Type.String({
      description:
        "A letter for each item: s succeeded, f failed, r running, k called off, a dot where nothing of it is kept or it has not begun",
    }),
  },
  { title: "MapItems" },
);
export type MapItems = Static<typeof MapItems>;

/** A step of an outline. */
export const OutlineStep = Type.Object({ ...shown, within: Type.Optional(StepCounts) }, { title: "OutlineStep" });
export type OutlineStep = Static<typeof OutlineStep>;

const { payload: _, step_results: __, output: ___, ...ofRun } = Run.properties;

/** A run with `view=outline`. */
export const RunOutline = Type.Object(
  { ...ofRun, payload_bytes: Type.Integer({ minimum: 0 }), steps: Type.Array(OutlineStep) },
  { title: "RunOutline" },
);
export type RunOutline = Static<typeof RunOutline>;

/** Those with a name, for OpenAPI. */
export const STEP_SCHEMAS = {
  RunSummary,
  SummaryWorkflow,
  SummarySteps,
  SummaryStep,
  RunOutline,
  OutlineStep,
  StepCounts,
  RunStep,
  RunStepDetail,
  FailedAttempt,
  LastAttempt,
  StepInput,
  InputGap,
  MapItems,
};
