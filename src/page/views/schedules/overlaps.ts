import type { Schedule } from "../../../schemas/schedule.ts";

/** What becomes of a tick while the run of an earlier one is under way, in words. */
export const OVERLAPS: [overlap: Schedule["overlap"], says: string][] = [
  ["skip", "skips"],
  ["queue", "waits"],
  ["allow", "runs beside"],
  ["cancel_oldest", "cancels the oldest"],
];

export function overlapText(overlap: Schedule["overlap"]): string {
  return OVERLAPS.find(([one]) => one === overlap)?.[1] ?? overlap;
}
