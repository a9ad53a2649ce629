import type { Schedule } from "../../../schemas/schedule.ts";
import { hourOf, shownZone } from "../../shared/time/format.ts";
import { now } from "../../shared/time/now.ts";

const DAY = 86_400_000;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
/** Shades of a cell: more starts are no darker. */
const SHADES = 4;

/** How many of the next times of all schedules fall into each hour of a week: where many do, they stand in each other's way. */
export function WeekStrip({ schedules }: { schedules: readonly Schedule[] }) {
  const begin = now.peek();
  const days = Array.from({ length: 7 }, (_, index) => hourOf(new Date(begin + index * DAY)).day);
  const counts = new Map<string, number>();
  for (const at of schedules.flatMap(({ next_runs }) => next_runs)) {
    const { day, hour } = hourOf(new Date(at));
    counts.set(`${day} ${hour}`, (counts.get(`${day} ${hour}`) ?? 0) + 1);
  }
  const shown = [...counts].filter(([key]) => days.some((day) => key.startsWith(day)));
  const [busiest = "", most = 0] = shown.toSorted(([, one], [, other]) => other - one)[0] ?? [];
  const text =
    most === 0
      ? "None of them starts within a week"
      : `The next five times of each schedule, by hour of ${shownZone()}; most at ${busiest.replace(/ (\d)$/, " 0$1")}:00, ${most} of them`;
  return (
    <figure class="week">
      <div class="week-grid" aria-hidden="true">
        {days.map((day) => (
          <div class="week-day" key={day}>
            <span class="week-name">{day.slice(5)}</span>
            {HOURS.map((hour) => {
              const count = counts.get(`${day} ${hour}`) ?? 0;
              const shade = count === 0 ? 0 : Math.max(1, Math.ceil((count / most) * SHADES));
              return (
                <span
                  key={hour}
                  class={`week-hour shade-${shade}`}
                  title={`${day} ${hour}:00 ${shownZone()}: ${count}`}
                />
              );
            })}
          </div>
        ))}
      </div>
      <figcaption class="soft">{text}</figcaption>
    </figure>
  );
}
