import { durationText } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";

/** How long something waits, in whole seconds at the finest. */
export function Waited({ since }: { since: string | null }) {
  if (since === null) return <span class="soft">–</span>;
  const milliseconds = Math.max(1000, now.value - Date.parse(since));
  return <span class="number">{durationText(milliseconds, milliseconds < 60_000 ? 1 : 2)}</span>;
}

/** How long something still waits, at the longest. */
export function TimesOut({ until }: { until: string | undefined }) {
  if (until === undefined) return <span class="soft">never</span>;
  const left = Date.parse(until) - now.value;
  return (
    <time dateTime={until} title={until} class="number">
      {left > 0 ? `in ${durationText(left, left < 60_000 ? 1 : 2)}` : "now"}
    </time>
  );
}
