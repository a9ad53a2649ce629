import { durationText } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";

/** How long something waits, in whole seconds at the finest. */
export function Waited({ since }: { since: string | null }) {
  if (since === null) return <span class="soft">–</span>;
  const milliseconds = Math.max(1000, now.value - Date.parse(since));
  return <span class="number">{durationText(milliseconds, milliseconds < 60_000 ? 1 : 2)}</span>;
}
