import type { Schedule, ScheduleInput } from "../../../schemas/schedule.ts";
import { platform } from "../../data/platform.ts";

/** Stops a schedule from firing, or has it fire again. All else stays as it is written. */
export function setPaused(schedule: Schedule, paused: boolean): Promise<Schedule> {
  return platform.schedules.replace(schedule.id, { ...writtenIn(schedule), paused });
}

/** What its author wrote of a schedule. */
export function writtenIn(schedule: Schedule): ScheduleInput {
  const { id: _, next_runs: _1, last_run_id: _2, last_skipped: _3, backfill: _4, created_at: _5, ...rest } = schedule;
  const { updated_at: _6, ...written } = rest;
  return written;
}
