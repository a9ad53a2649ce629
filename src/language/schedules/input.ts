import { type RequestFault, ValidationFailed } from "../../errors.ts";
import { checkOf } from "../../schemas/json/check.ts";
import { schemaFaults } from "../../schemas/json/faults.ts";
import type { Json } from "../../schemas/json/json.ts";
import { BackfillInput, MAX_JITTER_SECONDS, ScheduleInput } from "../../schemas/schedule.ts";
import { type Duration, MAX_DURATION_SECONDS, secondsOf } from "../definition/durations.ts";
import { CronPattern } from "./cron.ts";
import { payloadOf } from "./payload.ts";
import { momentOf, timingOf } from "./timing.ts";
import { zoneOf } from "./zone.ts";

const schedule = checkOf(ScheduleInput);
const backfill = checkOf(BackfillInput);

const NO_MOMENT = "Should be a time of ISO 8601 with its offset, such as 2030-01-31T08:00:00Z";
const NO_ZONE = "Should be the name of a time zone, such as Europe/Berlin or UTC";

/** A schedule that can be stored. @throws ValidationFailed with every fault */
export function readSchedule(body: Json): ScheduleInput {
  if (!schedule.Check(body)) throw new ValidationFailed(schemaFaults(schedule.Errors(body), ["body"]));
  const faults = [...timeFaults(body), ...spanFaults(body), ...payloadFaults(body)];
  // Of a pattern that ticks at all: whenever it is asked for, there is no tick in its time.
  if (faults.length === 0 && timingOf(body, "", 0).next(0) === null) {
    faults.push(faultAt("ends_at", "Should be later than the first tick: it would never tick"));
  }
  if (faults.length > 0) throw new ValidationFailed(faults);
  return body;
}

/** The stretch of a backfill, milliseconds since the epoch. @throws ValidationFailed with every fault */
export function readBackfill(body: Json): { from: number; to: number; isDryRun: boolean } {
  if (!backfill.Check(body)) throw new ValidationFailed(schemaFaults(backfill.Errors(body), ["body"]));
  const faults = momentFaults({ from: body.from, to: body.to });
  const [from, to] = [momentOf(body.from) ?? 0, momentOf(body.to) ?? 0];
  if (faults.length === 0 && from >= to) faults.push(faultAt("to", "Should be later than from"));
  if (faults.length > 0) throw new ValidationFailed(faults);
  return { from, to, isDryRun: body.dry_run === true };
}

function timeFaults({ cron, every, timezone = "UTC" }: ScheduleInput): RequestFault[] {
  const zone = zoneOf(timezone);
  const faults = zone === null ? [faultAt("timezone", NO_ZONE)] : [];
  if (cron === undefined && every === undefined) {
    faults.push({ ...faultAt("cron", "Give cron or every"), type: "missing" });
  }
  if (cron !== undefined && every !== undefined) faults.push(faultAt("every", "Give cron or every, not both"));
  if (cron !== undefined && zone !== null) {
    const pattern = CronPattern.parse(cron, zone);
    if ("fault" in pattern) faults.push(faultAt("cron", pattern.fault));
    else if (pattern.next(0) === null) faults.push(faultAt("cron", "There is no such day: it would never tick"));
  }
  return faults;
}

function spanFaults({ every, jitter, starts_at, ends_at }: ScheduleInput): RequestFault[] {
  const faults = [
    ...durationFaults("every", every, 1, MAX_DURATION_SECONDS),
    ...durationFaults("jitter", jitter, 0, MAX_JITTER_SECONDS),
    ...momentFaults({ starts_at, ends_at }),
  ];
  const [start, end] = [starts_at, ends_at].map((text) => (text === undefined ? null : momentOf(text)));
  if (start != null && end != null && start >= end) faults.push(faultAt("ends_at", "Should be later than starts_at"));
  return faults;
}

/** What the schema can't say of a duration that is written as text. */
function durationFaults(name: string, duration: Duration | undefined, least: number, most: number): RequestFault[] {
  if (duration === undefined) return [];
  const seconds = secondsOf(duration);
  if (seconds >= least && seconds <= most) return [];
  return [faultAt(name, `Should be ${least} s to ${most} s long`)];
}

function momentFaults(moments: Record<string, string | undefined>): RequestFault[] {
  return Object.entries(moments).flatMap(([name, text]) =>
    text === undefined || momentOf(text) !== null ? [] : [faultAt(name, NO_MOMENT)],
  );
}

/** Its placeholders bring the same names at each tick, so that what leads nowhere is known now. */
function payloadFaults({ payload }: ScheduleInput): RequestFault[] {
  if (payload === undefined) return [];
  const filled = payloadOf(payload, "id", 0);
  return "fault" in filled ? [faultAt("payload", filled.fault)] : [];
}

function faultAt(name: string, msg: string): RequestFault {
  return { loc: ["body", name], msg, type: "value_error" };
}
