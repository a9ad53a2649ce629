/** What happened to a run, as clients are told. */
import { type Static, Type } from "@sinclair/typebox";

export const RUN_EVENT_TYPES = [
  "run.created",
  "run.started",
  "step.started",
  "step.retrying",
  "step.succeeded",
  "step.failed",
  "step.skipped",
  "signal.received",
  "run.paused",
  "run.resumed",
  "run.cancelling",
  "run.ended",
] as const;
export type RunEventType = (typeof RUN_EVENT_TYPES)[number];

/** What a list that is followed tells of its runs. */
export type ListEventType = "run.created" | "run.started" | "run.progressed" | "run.paused" | "run.ended";

export const RunEvent = Type.Object(
  {
    id: Type.Integer({ minimum: 1, description: "Rises by one from event to event of a run" }),
    at: Type.String({ format: "date-time" }),
    type: Type.Union(RUN_EVENT_TYPES.map((type) => Type.Literal(type))),
    run_id: Type.String({ format: "uuid" }),
    address: Type.Optional(Type.String({ description: "Of a step: its name, and the names around it" })),
    path: Type.Optional(Type.String({ description: "Of a step: its place in the definition" })),
    data: Type.Record(Type.String(), Type.Unknown(), {
      description: "The status and error of a run that ended; attempt, error and wake_at of a step",
    }),
  },
  { title: "RunEvent" },
);
export type RunEvent = Static<typeof RunEvent>;

/** A part of what happened to a run. */
export const EventPage = Type.Object({
  items: Type.Array(RunEvent),
  next_after: Type.Union([Type.Integer(), Type.Null()], {
    description: "For `after`, where there are more; null where there are none yet",
  }),
});
export type EventPage = Static<typeof EventPage>;
