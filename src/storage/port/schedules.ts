/** Schedules as they are stored, and the runs of their ticks. Times are milliseconds since the epoch. */

import type { Order } from "../../schemas/lists/page.ts";
import type { SchedulePosition, SkipReason } from "../../schemas/schedule.ts";
import type { Outcome } from "./outcome.ts";
import type { InsertedRun, NewRun } from "./runs/runs.ts";

/** Of the settings that are claimed at once, which have the payloads: one more schedule is the last. */
export const MOST_CLAIMED_CHARACTERS = 4 * 1024 * 1024;

/** What names a schedule. */
export interface ScheduleKey {
  namespace: string;
  /** The author's id, or its uuid where he gave none. */
  id: string;
}

export interface NewSchedule extends ScheduleKey {
  uuid: string;
  /** uuid or author's id of a workflow: resolved at each tick. */
  workflow: string;
  /** JSON text of ScheduleSettings. */
  settings: string;
  position: SchedulePosition;
  /** When it is to be looked at; null for never. */
  dueAt: number | null;
  createdAt: number;
}

/** What of a schedule is given anew. */
export type ScheduleChange = Omit<NewSchedule, "uuid" | "createdAt">;

export interface ScheduleRecord extends Omit<NewSchedule, "dueAt"> {
  /** Raised by each write of its settings or position. */
  revision: number;
  lastRunId: string | null;
  skipped: { tick: number; reason: SkipReason } | null;
  updatedAt: number;
}

/** A schedule that was claimed. */
export interface DueSchedule extends ScheduleRecord {
  /** Whether its last run is not over. */
  isUnderWay: boolean;
}

/** A page of schedules, by their uuids; those after `after`. */
export interface SchedulePage {
  namespace: string;
  limit: number;
  order: Order;
  after: string | null;
}

/** A step of a schedule, as all of it or nothing. */
export interface ScheduleMove {
  /** Its uuid. */
  schedule: string;
  /** That it is decided by. */
  revision: number;
  /** Where it goes, and when it is looked at again; null leaves it, and its revision, as they are, and its last run while that is not over. */
  to: { position: SchedulePosition; dueAt: number | null } | null;
  /** The last tick that got no run; null keeps what is known. */
  skipped: { tick: number; reason: SkipReason } | null;
  /** The run of its tick, which is its last one then: of a workflow by its uuid, made by a version, not claimed; null for none. */
  run: Omit<NewRun, "uuid"> | null;
}

export interface Schedules {
  /** Error schedule_exists. */
  insert(schedule: NewSchedule): Promise<Outcome<null>>;
  /** Gives it another workflow, settings and position. Error schedule_not_found. */
  replace(schedule: ScheduleChange): Promise<Outcome<null>>;
  /** Error schedule_not_found. Its runs stay. */
  delete(key: ScheduleKey): Promise<Outcome<null>>;
  find(key: ScheduleKey): Promise<ScheduleRecord | null>;
  list(page: SchedulePage): Promise<ScheduleRecord[]>;
  /** When the next is to be looked at; null for never. */
  nextDue(): Promise<number | null>;
  /** Some that are to be looked at, those due first first, up to MOST_CLAIMED_CHARACTERS. Nobody else gets them within so many milliseconds, unless they are moved. */
  claimDue(limit: number, holdMilliseconds: number): Promise<DueSchedule[]>;
  /**
   * Moves schedules, each together with the insert of its run, so that a tick has one run whoever fires it, and whenever he dies. `lost`
   * where the revision is another; nothing is moved where the run is refused, or `unprepared`. Null of a move without a run.
   */
  move(moves: ScheduleMove[]): Promise<Outcome<InsertedRun | null>[]>;
}
