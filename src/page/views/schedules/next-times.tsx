import { offsetText, zonedText } from "../../shared/time/format.ts";
import { Time } from "../../shared/time/time.tsx";

/** Times on the clocks of the schedule, and as the reader wants them; where the clocks have changed between two, it is said. */
export function NextTimes({ times, zone }: { times: readonly string[]; zone: string }) {
  if (times.length === 0) return <p class="soft">None: it is paused, or its end is past.</p>;
  const offsets = times.map((at) => offsetText(new Date(at), zone));
  return (
    <ol class="next-times">
      {times.map((at, index) => (
        <li key={at}>
          <span class="number">{zonedText(new Date(at), zone)}</span>
          <span class="soft">
            <Time at={at} day="always" />
          </span>
          {index > 0 && offsets[index] !== offsets[index - 1] && (
            <span class="clocks-change">
              clocks change: {offsets[index - 1]} to {offsets[index]}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}
