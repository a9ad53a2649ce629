import { timeText } from "../../../shared/time/format.ts";
import { now } from "../../../shared/time/now.ts";

/** More bars could not be told apart. */
const MOST_BARS = 24;
/** Pixels. */
const BAR = 4;
const HEIGHT = 16;

interface FailedLineProps {
  /** Runs that failed, by part; the oldest first. */
  failed: readonly number[];
  /** When the first part begins, ISO 8601. */
  from: string;
  partSeconds: number;
}

/** When runs of a workflow failed, as a line of bars. */
export function FailedLine({ failed, from, partSeconds }: FailedLineProps) {
  const size = Math.ceil(failed.length / MOST_BARS);
  const bars = Array.from({ length: Math.ceil(failed.length / size) }, (_, index) =>
    failed.slice(index * size, (index + 1) * size).reduce((sum, count) => sum + count, 0),
  );
  const highest = Math.max(1, ...bars);
  const last = Date.parse(from) + failed.findLastIndex((count) => count > 0) * partSeconds * 1000;
  const text = `the last ${partSeconds === 60 ? "in the minute" : "in the hour"} of ${timeText(last, now.peek())}`;
  return (
    <span class="failed-line" title={text}>
      <svg width={bars.length * BAR} height={HEIGHT} aria-hidden="true">
        {bars.map((count, index) => {
          const height = count === 0 ? 1 : Math.max(3, (HEIGHT * count) / highest);
          return (
            <rect
              key={index * size}
              class={count === 0 ? "failed-line-none" : undefined}
              x={index * BAR}
              y={HEIGHT - height}
              width={BAR - 1}
              height={height}
            />
          );
        })}
      </svg>
      <span class="sr-only">, {text}</span>
    </span>
  );
}
