import { type Static, Type } from "@sinclair/typebox";
import { boundedDuration, MAX_DURATION_SECONDS } from "../language/definition/durations.ts";
import { WorkflowReference } from "../language/definition/reference.ts";
import type { JsonObject } from "./json/json.ts";

const time = Type.String({ format: "date-time" });
const Moment = Type.String({ maxLength: 40, description: "ISO 8601 with its offset, such as 2030-01-31T08:00:00Z" });

export const MAX_CATCH_UP = 100;
export const MAX_JITTER_SECONDS = 60 * 60;

/** What happens to a tick while the run of an earlier one is under way. */
export const OVERLAPS = ["skip", "queue", "allow", "cancel_oldest"] as const;

const fields = {
  id: Type.Optional({
    ...WorkflowReference,
    description: "What it is called in paths, another for each schedule; made where it is left out",
  }),
  workflow_id: WorkflowReference,
  cron: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description: "Five fields: minute, hour, day of the month, month, day of the week; or six, with seconds first",
      examples: ["30 8 * * MON-FRI"],
    }),
  ),
  every: Type.Optional(
    boundedDuration(1, MAX_DURATION_SECONDS, "In place of cron: the time between ticks, counted from starts_at"),
  ),
  timezone: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 64,
      default: "UTC",
      description: "An IANA zone, or an offset such as +02:00, whose clocks cron means",
    }),
  ),
  payload: Type.Optional(
    Type.Unsafe<JsonObject>(
      Type.Record(Type.String(), Type.Unknown(), {
        description:
          "Of each run; ${schedule.time} and ${schedule.id} bring the time of its tick and the schedule's id",
      }),
    ),
  ),
  overlap: Type.Optional(
    Type.Union(
      OVERLAPS.map((overlap) => Type.Literal(overlap)),
      { default: "skip", description: "What happens to a tick while the run of an earlier one is under way" },
    ),
  ),
  catch_up: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: MAX_CATCH_UP,
      default: 1,
      description:
        "How many of the ticks that passed while nobody could fire them are made up: the last of those that are more than 30 s late",
    }),
  ),
  jitter: Type.Optional(
    boundedDuration(0, MAX_JITTER_SECONDS, "Each tick fires later by a part of this, always the same for a tick"),
  ),
  starts_at: Type.Optional(Moment),
  ends_at: Type.Optional(Moment),
  paused: Type.Optional(Type.Boolean({ default: false })),
};

/** A schedule as it is sent. */
export const ScheduleInput = Type.Object(fields, {
  additionalProperties: false,
  title: "ScheduleInput",
  description: "Either cron or every",
});
export type ScheduleInput = Static<typeof ScheduleInput>;

/** Why a tick has no run. */
export const SKIP_REASONS = [
  "overlap",
  "missed",
  "too_many_wait",
  "concurrency_limit",
  "validation_failed",
  "workflow_not_found",
  "unstorable",
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** The last tick that has no run. */
export const SkippedTick = Type.Object(
  {
    scheduled_at: time,
    reason: Type.Union(SKIP_REASONS.map((reason) => Type.Literal(reason))),
  },
  { title: "SkippedTick" },
);

/** A backfill that is not through. */
export const BackfillUnderWay = Type.Object({ next: time, to: time }, { title: "BackfillUnderWay" });

const uuid = Type.String({ format: "uuid" });

/** A schedule as it is shown. */
export const Schedule = Type.Object(
  {
    ...fields,
    id: Type.String(),
    timezone: Type.String(),
    overlap: Type.Union(OVERLAPS.map((overlap) => Type.Literal(overlap))),
    catch_up: Type.Integer({ minimum: 0 }),
    paused: Type.Boolean(),
    next_runs: Type.Array(time, { maxItems: 5, description: "Its next ticks, before jitter; none while it is paused" }),
    last_run_id: Type.Union([uuid, Type.Null()]),
    last_skipped: Type.Union([SkippedTick, Type.Null()]),
    backfill: Type.Union([BackfillUnderWay, Type.Null()]),
    created_at: time,
    updated_at: time,
  },
  { title: "Schedule" },
);
export type Schedule = Static<typeof Schedule>;

/** A stretch of past ticks: from is in it, to is not. */
export const BackfillInput = Type.Object(
  {
    from: Moment,
    to: Moment,
    dry_run: Type.Optional(Type.Boolean({ default: false, description: "Only counts" })),
  },
  { additionalProperties: false, title: "BackfillInput" },
);
export type BackfillInput = Static<typeof BackfillInput>;

/** Ticks of one backfill. */
export const MAX_BACKFILL = 1000;

/** The ticks of a backfill. */
export const BackfillTicks = Type.Object(
  {
    count: Type.Integer({ minimum: 0 }),
    first: Type.Union([time, Type.Null()]),
    last: Type.Union([time, Type.Null()]),
  },
  { title: "BackfillTicks" },
);
export type BackfillTicks = Static<typeof BackfillTicks>;

/** What of a schedule does not change with its ticks: its input without its id, as it is stored. */
export type ScheduleSettings = Omit<ScheduleInput, "id" | "workflow_id">;

/** Where a schedule is in its ticks. Times are milliseconds since the epoch. */
export interface SchedulePosition {
  /** The first tick that nothing is decided about; null where none will come. */
  nextAt: number | null;
  /** Ticks that wait for the end of a run, oldest first. */
  waiting: number[];
  /** The next tick of a backfill, and its end, exclusive; null without one. */
  backfill: { next: number; to: number } | null;
}
