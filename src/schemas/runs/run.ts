import { type Static, Type } from "@sinclair/typebox";
import type { Json, JsonObject } from "../json/json.ts";
import { MAX_WAITING, Waiting } from "./waiting.ts";

const nullable = <T extends import("@sinclair/typebox").TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const time = Type.String({ format: "date-time" });

/** What names a run. */
export interface RunKey {
  namespace: string;
  uuid: string;
}

/** The key of a run of which more is known. */
export function keyOf({ namespace, uuid }: RunKey): RunKey {
  return { namespace, uuid };
}

/** A text for each key, for maps and caches. No two keys have one: a uuid has no colon. */
export function nameOfRun({ namespace, uuid }: RunKey): string {
  return `${namespace}:${uuid}`;
}

/** A text for each version of a workflow, likewise. */
export function nameOfVersion(version: { namespace: string; workflowUuid: string; version: number }): string {
  return `${version.namespace}:${version.workflowUuid}:${version.version}`;
}

export const RUN_STATUSES = ["pending", "running", "success", "failed", "paused", "cancelled"] as const;
export const RunStatus = Type.Union(RUN_STATUSES.map((status) => Type.Literal(status)));
export type RunStatus = (typeof RUN_STATUSES)[number];
/** A run in one of these never changes again. */
export type EndedStatus = "success" | "failed" | "cancelled";

const errorFields = {
  code: Type.String({ description: "A word of docs/failures.md, or of the author's own" }),
  message: Type.String(),
  step: Type.String({ description: "The address of the step that failed" }),
  path: Type.String(),
  attempts: Type.Integer({ minimum: 1 }),
  at: time,
  details: Type.Unsafe<Json>(Type.Unknown({ description: "More, such as the status of an answer; null for nothing" })),
};

/** The error that a handler was for which failed itself. */
export const ErrorCause = Type.Object({ ...errorFields, cause: Type.Null() }, { title: "ErrorCause" });

/** An error as data: what failed, where, and how often it was tried. */
export const ErrorDetails = Type.Object({ ...errorFields, cause: nullable(ErrorCause) }, { title: "ErrorDetails" });
export type ErrorDetails = Static<typeof ErrorDetails>;

export const StepResult = Type.Object(
  {
    step_name: Type.String(),
    status: Type.Union(
      (["pending", "running", "success", "failed", "skipped"] as const).map((status) => Type.Literal(status)),
    ),
    started_at: nullable(time),
    completed_at: nullable(time),
    output: Type.Unsafe<Json>(Type.Unknown()),
    error: nullable(Type.String()),
    type: Type.Optional(Type.String({ description: "Of nested steps, and of those that hold others" })),
    path: Type.Optional(Type.String({ description: "The same" })),
    attempts: Type.Optional(Type.Integer({ minimum: 1, description: "Above 1, or while the next one is waited for" })),
    tried_at: Type.Optional(
      Type.String({ format: "date-time", description: "When its last attempt began, of those after the first" }),
    ),
    error_details: Type.Optional(ErrorDetails),
    handled: Type.Optional(
      Type.Boolean({ description: "True: it failed, and the run went on behind it; details.handled_by says why" }),
    ),
    details: Type.Optional(
      Type.Unsafe<JsonObject>(
        Type.Unknown({ description: "An object: what a step says beside its output, as a parallel of its branches" }),
      ),
    ),
    steps_omitted: Type.Optional(
      Type.Integer({ minimum: 1, description: "Steps within it whose results are left out" }),
    ),
    compensations_omitted: Type.Optional(
      Type.Integer({ minimum: 1, description: "Of these, compensations that succeeded" }),
    ),
  },
  { title: "StepResult" },
);
export type StepResult = Static<typeof StepResult>;

/** How the steps of a run that did not succeed were undone. */
export const RunCompensation = Type.Object(
  {
    status: Type.Union([Type.Literal("success"), Type.Literal("failed")]),
    done: Type.Integer({ minimum: 0, description: "Steps that were undone" }),
    failed: Type.Array(Type.String(), { description: "The addresses of compensations that failed, up to 1,000" }),
  },
  { title: "RunCompensation" },
);

/** A run as the API shows it. */
export const Run = Type.Object(
  {
    uuid: Type.String({ format: "uuid" }),
    id: Type.String(),
    workflow_id: Type.String({ format: "uuid" }),
    workflow_version: Type.Integer({ minimum: 1 }),
    status: RunStatus,
    payload: Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown())),
    created_at: time,
    started_at: nullable(time),
    completed_at: nullable(time),
    error: nullable(Type.String()),
    step_results: Type.Record(Type.String(), StepResult, { description: "In the order of the definition" }),
    parent_run_id: Type.Optional(Type.String({ format: "uuid", description: "The run whose step started it" })),
    root_run_id: Type.Optional(
      Type.String({ format: "uuid", description: "The first of the runs that started one another up to it" }),
    ),
    waiting: Type.Optional(
      Type.Array(Waiting, {
        maxItems: MAX_WAITING,
        description: "Steps that wait, where some wait for more than a time",
      }),
    ),
    steps_omitted: Type.Optional(
      Type.Integer({ minimum: 1, description: "Nested steps whose results are left out, of more than 1,000" }),
    ),
    failed_steps: Type.Optional(
      Type.Integer({ minimum: 1, description: "Steps that failed, and were handled or passed over" }),
    ),
    output: Type.Optional(
      Type.Unsafe<Json>(Type.Unknown({ description: "What it gave; absent where its definition does not say" })),
    ),
    error_details: Type.Optional(ErrorDetails),
    tags: Type.Optional(Type.Array(Type.String())),
    start_at: Type.Optional(
      Type.String({ format: "date-time", description: "When it may begin, where its trigger asked for a time" }),
    ),
    priority: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 5, description: "Where its trigger asked for one; 3 otherwise" }),
    ),
    phase: Type.Optional(
      Type.Union(
        (["compensating", "cancelling", "pausing"] as const).map((phase) => Type.Literal(phase)),
        {
          description:
            "compensating: what succeeded is being undone, and the run ends after that; cancelling, pausing: it is asked to, and what is under way is not over",
        },
      ),
    ),
    compensation: Type.Optional(RunCompensation),
    cancel_reason: Type.Optional(Type.String({ description: "Why it was cancelled, or is being, as the client said" })),
    retry_of: Type.Optional(Type.String({ format: "uuid", description: "The run that it tries again" })),
  },
  { title: "Run" },
);
export type Run = Static<typeof Run>;
