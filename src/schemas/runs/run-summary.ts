/** A run as lists show it with `view=summary`. */
import { type Static, Type } from "@sinclair/typebox";
import { RunStatus } from "./run.ts";
import { MAX_WAITING, SignalWait } from "./waiting.ts";

const nullable = <T extends import("@sinclair/typebox").TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const time = Type.String({ format: "date-time" });
const uuid = Type.String({ format: "uuid" });

/** Bytes of a summary as JSON. */
export const MAX_SUMMARY_BYTES = 640;

export const SummaryWorkflow = Type.Object(
  {
    uuid,
    id: nullable(Type.String({ description: "Of its version, at most 64 bytes; cut with …" })),
    name: nullable(Type.String({ description: "Likewise" })),
  },
  { title: "SummaryWorkflow", description: "The workflow of a run" },
);

export const SummarySteps = Type.Object(
  {
    total: Type.Integer({ minimum: 0 }),
    ended: Type.Integer({ minimum: 0, description: "Of these, also those that were skipped" }),
    failed: Type.Integer({ minimum: 0, description: "Of these, also where the run went on" }),
  },
  {
    title: "SummarySteps",
    description: "The steps at the top of its definition. Not of a run of which too much would have to be read for it",
  },
);

export const SummaryStep = Type.Object(
  { name: Type.String({ description: "At most 64 bytes, fewer where there is no room; cut with …" }) },
  {
    title: "SummaryStep",
    description: "The step at the top that is under way, or that a run failed at. Not where there is none, or no room",
  },
);

export const RunSummary = Type.Object(
  {
    uuid,
    workflow: SummaryWorkflow,
    workflow_version: Type.Integer({ minimum: 1 }),
    status: RunStatus,
    created_at: time,
    started_at: nullable(time),
    completed_at: nullable(time),
    error: nullable(Type.String({ description: "At most 200 characters, fewer where there is no room; cut with …" })),
    wake_at: Type.Optional(Type.String({ format: "date-time", description: "When it goes on, of one that sleeps" })),
    parent_run_id: Type.Optional(uuid),
    root_run_id: Type.Optional(uuid),
    steps: Type.Optional(SummarySteps),
    current: Type.Optional(SummaryStep),
  },
  { title: "RunSummary", description: `At most ${MAX_SUMMARY_BYTES} bytes` },
);
export type RunSummary = Static<typeof RunSummary>;

/** A run with steps that wait for a signal. */
export const WaitingRun = Type.Object(
  { ...RunSummary.properties, waits: Type.Array(SignalWait, { minItems: 1, maxItems: MAX_WAITING }) },
  { title: "WaitingRun" },
);
export type WaitingRun = Static<typeof WaitingRun>;
