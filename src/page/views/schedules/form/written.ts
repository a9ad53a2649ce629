/** A schedule while it is written: what the form has, and what of it is sent. */
import type { Schedule, ScheduleInput } from "../../../../schemas/schedule.ts";
import { writtenIn } from "../changes.ts";

export interface Written {
  id: string;
  workflow: string;
  /** Which of the two says when. */
  by: "cron" | "every";
  cron: string;
  every: string;
  timezone: string;
  overlap: Schedule["overlap"];
  /** JSON; undefined for none. */
  payload: unknown;
}

/** What the form begins with. @param begin of a new one, in place of what is usual */
export function begunWith(schedule: Schedule | null, begin: Partial<Written>): Written {
  if (schedule === null) {
    const usual = { by: "cron" as const, cron: "0 8 * * MON-FRI", every: "", overlap: "skip" as const };
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    return { ...usual, id: "", workflow: "", timezone: timeZone, payload: undefined, ...begin };
  }
  const { id, workflow_id, cron, every, timezone, overlap, payload } = schedule;
  const by = cron === undefined ? "every" : "cron";
  return { id, workflow: workflow_id, by, cron: cron ?? "", every: String(every ?? ""), timezone, overlap, payload };
}

/** What is sent. What the form does not ask for stays as it is. */
export function inputOf(written: Written, schedule: Schedule | null): ScheduleInput {
  const { id, workflow, by, cron, every, timezone, overlap, payload } = written;
  const length = /^\d+$/.test(every.trim()) ? Number(every) : every.trim();
  return {
    ...(schedule !== null && keptOf(schedule)),
    ...(schedule === null && id.trim() !== "" && { id: id.trim() }),
    workflow_id: workflow.trim(),
    ...(by === "cron" ? { cron: cron.trim() } : { every: length }),
    timezone: timezone.trim(),
    overlap,
    ...(payload !== undefined && payload !== null && { payload: JSON.parse(JSON.stringify(payload)) }),
  };
}

function keptOf(schedule: Schedule) {
  const { cron: _, every: _1, payload: _2, ...kept } = writtenIn(schedule);
  return kept;
}
