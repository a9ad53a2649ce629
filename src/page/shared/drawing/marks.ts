/** How states look on a drawing: those of the statuses, and the drawing's own. */
import { STATUSES } from "../status/statuses.ts";

const OWN: Record<string, string> = {
  fault: STATUSES.failed.mark,
  warning: "M8 3v6M8 12.6v.2",
  added: "M8 3v10M3 8h10",
  removed: STATUSES.skipped.mark,
  changed: "M2.5 9.5c2-3.5 3.5-3.5 5.5-1s3.5 2.5 5.5-1",
  moved: "M5 13V3M2.5 5.5L5 3l2.5 2.5M11 3v10M8.5 10.5L11 13l2.5-2.5",
};

/** The outline of a mark in a square of 16, the class that colours it, and what it says. Words of a newer server have one as well. */
export function markOf(status: string): { path: string; look: string; word: string } {
  if (Object.hasOwn(OWN, status)) return { path: OWN[status] ?? "", look: status, word: status };
  const known = Object.entries(STATUSES).find(([word]) => word === status);
  if (known === undefined) return { path: STATUSES.unknown.mark, look: "unknown", word: status };
  return { path: known[1].mark, look: status, word: known[1].word };
}
