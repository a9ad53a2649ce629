import type { RunSummary } from "../../../../schemas/runs/run-summary.ts";
import { hasEnded } from "../../../shared/status/run-statuses.ts";

/** Runs that one request asks for. */
export const MOST_ASKED = 100;

/** What of the rows in view is not over, and not told of. A run that is over never changes. */
export function untold(shown: readonly RunSummary[], followed: ReadonlySet<string>): string[] {
  const open = shown.filter(({ uuid, status }) => !hasEnded(status) && !followed.has(uuid));
  return open.slice(0, MOST_ASKED).map(({ uuid }) => uuid);
}
