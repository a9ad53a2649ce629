import type { Clock } from "../../clock.ts";
import { PlatformError, ValidationFailed } from "../../errors.ts";
import { newId } from "../../ids.ts";
import { nextTicks, type Timing, timingOf } from "../../language/schedules/timing.ts";
import type { WorkflowRepository } from "../../repositories/workflows.ts";
import type { PageQuery } from "../../schemas/lists/page-query.ts";
import {
  MAX_BACKFILL,
  type ScheduleInput,
  type SchedulePosition,
  type ScheduleSettings,
} from "../../schemas/schedule.ts";
import type { Outcome, ScheduleRecord, Schedules } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";
import { type Page, readPage } from "../pages.ts";
import type { Firing } from "./firing.ts";

/** Attempts for a schedule that others move meanwhile. */
const ATTEMPTS = 5;

/** The ticks of a backfill: how many, the first and the last, milliseconds since the epoch; null where there are none. */
export interface BackfillTicks {
  count: number;
  first: number | null;
  last: number | null;
}

/** Operations on schedules. */
export class ScheduleService {
  readonly #schedules: Schedules;
  readonly #workflows: WorkflowRepository;
  readonly #firing: Firing;
  readonly #clock: Clock;

  constructor(schedules: Schedules, workflows: WorkflowRepository, firing: Firing, clock: Clock) {
    this.#schedules = schedules;
    this.#workflows = workflows;
    this.#firing = firing;
    this.#clock = clock;
  }

  /** @throws PlatformError workflow_not_found, schedule_exists */
  async create({ id: own, workflow_id: workflow, ...settings }: ScheduleInput): Promise<ScheduleRecord> {
    await this.#checkWorkflow(workflow);
    const createdAt = this.#clock.now();
    const uuid = newId(createdAt);
    const id = own ?? uuid;
    const first = this.#firstPosition(settings, timingOf(settings, id, createdAt));
    const key = { uuid, namespace: NAMESPACE, id, createdAt };
    done(await this.#schedules.insert({ ...key, workflow, settings: JSON.stringify(settings), ...first }));
    return this.get(id);
  }

  /** The first ticks that a schedule would have, were it made now. Stores nothing; its workflow need not be there yet. */
  preview({ id = "", workflow_id: _, ...settings }: ScheduleInput, most: number): number[] {
    const now = this.#clock.now();
    return settings.paused === true ? [] : nextTicks(timingOf(settings, id, now), now, most);
  }

  /** Its ticks are those of the new settings from now on. @throws PlatformError schedule_not_found, workflow_not_found */
  async replace(
    id: string,
    { id: own = id, workflow_id: workflow, ...settings }: ScheduleInput,
  ): Promise<ScheduleRecord> {
    const { createdAt } = await this.get(id);
    if (own !== id) {
      const msg = `Should be ${id}, as in the path: a schedule keeps its id`;
      throw new ValidationFailed([{ loc: ["body", "id"], msg, type: "value_error" }]);
    }
    await this.#checkWorkflow(workflow);
    const first = this.#firstPosition(settings, timingOf(settings, id, createdAt));
    const key = { namespace: NAMESPACE, id };
    done(await this.#schedules.replace({ ...key, workflow, settings: JSON.stringify(settings), ...first }));
    return this.get(id);
  }

  /** Its runs stay. @throws PlatformError schedule_not_found */
  async delete(id: string): Promise<void> {
    done(await this.#schedules.delete({ namespace: NAMESPACE, id }));
  }

  /** @throws PlatformError schedule_not_found */
  async get(id: string): Promise<ScheduleRecord> {
    const found = await this.#schedules.find({ namespace: NAMESPACE, id });
    if (found === null) throw new PlatformError("schedule_not_found", id);
    return found;
  }

  /** @throws ValidationFailed when the cursor is not one of this list and order */
  list(query: PageQuery): Promise<Page<ScheduleRecord>> {
    return readPage("schedules", query, NAMESPACE, (page) => this.#schedules.list(page));
  }

  /** A run now, beside its ticks. @param depth workflows that triggered one another up to it @throws PlatformError schedule_not_found, and as a trigger does */
  async run(id: string, depth: number): Promise<string> {
    return this.#firing.runNow(await this.get(id), depth);
  }

  /**
   * Has the ticks of a stretch of the past fired, or only counts them.
   *
   * @throws PlatformError schedule_not_found, backfill_under_way
   * @throws ValidationFailed where the stretch lies in the future, or has too many ticks
   */
  async backfill(
    id: string,
    { from, to, isDryRun }: { from: number; to: number; isDryRun: boolean },
  ): Promise<BackfillTicks> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const schedule = await this.get(id);
      const { uuid, revision, position } = schedule;
      const ticks = this.#ticksBetween(schedule, from, to);
      const [first = null] = ticks;
      const found = { count: ticks.length, first, last: ticks.at(-1) ?? null };
      if (isDryRun || first === null) return found;
      if (position.backfill !== null) throw new PlatformError("backfill_under_way");
      const moved = { ...position, backfill: { next: first, to: (found.last ?? first) + 1 } };
      const move = { to: { position: moved, dueAt: this.#clock.now() }, skipped: null, run: null };
      const [outcome] = await this.#schedules.move([{ schedule: uuid, revision, ...move }]);
      if (outcome?.kind === "ok") return found;
    }
    throw new PlatformError("overloaded");
  }

  #ticksBetween({ settings: text, id, createdAt, position }: ScheduleRecord, from: number, to: number): number[] {
    if (to > this.#clock.now()) {
      const msg = "Should not lie in the future: those ticks fire by themselves";
      throw new ValidationFailed([{ loc: ["body", "to"], msg, type: "value_error" }]);
    }
    const settings: ScheduleSettings = JSON.parse(text);
    // From the next tick on they are those of the schedule itself.
    const end = Math.min(to, position.nextAt ?? to);
    const ticks = nextTicks(timingOf(settings, id, createdAt), from - 1, MAX_BACKFILL + 1, end);
    if (ticks.length <= MAX_BACKFILL) return ticks;
    const msg = `There are more than ${MAX_BACKFILL} ticks in this stretch; take a shorter one`;
    throw new ValidationFailed([{ loc: ["body", "to"], msg, type: "value_error" }]);
  }

  #firstPosition(
    { paused = false }: ScheduleSettings,
    timing: Timing,
  ): { position: SchedulePosition; dueAt: number | null } {
    const nextAt = paused ? null : timing.next(this.#clock.now());
    const dueAt = nextAt === null ? null : timing.dueAt(nextAt);
    return { position: { nextAt, waiting: [], backfill: null }, dueAt };
  }

  async #checkWorkflow(reference: string): Promise<void> {
    const found = await this.#workflows.find({ namespace: NAMESPACE, reference, version: null });
    if (found === null) throw new PlatformError("workflow_not_found", reference);
  }
}

function done(outcome: Outcome<null>): void {
  if (outcome.kind === "error") throw new PlatformError(outcome.code, outcome.subject);
}
