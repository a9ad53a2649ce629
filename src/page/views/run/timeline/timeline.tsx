import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { address } from "../../../address/address.ts";
import { useActions } from "../../../keys/keys.ts";
import { hasEnded } from "../../../shared/status/run-statuses.ts";
import { durationText, timeText } from "../../../shared/time/format.ts";
import { now } from "../../../shared/time/now.ts";
import { useVisibleRange } from "../../../shared/virtual-list/visible-range.ts";
import { useRowKeys } from "../row-keys.ts";
import type { ShownRows } from "../shown-rows.ts";
import { barsOf, barsOfAttempt } from "./bars.ts";
import { HeardHead } from "./heard-cells.tsx";
import { type Scale, scaleOf } from "./scale.ts";
import { TimelineRow } from "./timeline-row.tsx";

/** Pixels; the style has the same as --timeline-row. */
const ROW_HEIGHT = 30;
const ZOOM = 1.5;
const MOST_ZOOM = 40;

/** A row for a step, a bar for an attempt; to who reads by ear it is a table. What goes on in a map is counted until it is opened. */
export function Timeline({ run, rows, attempts, choice, look }: ShownRows) {
  const scroller = useRef<HTMLDivElement>(null);
  const [zoom, setZoom] = useState(1);
  const isOpen = !hasEnded(run.status);
  const time = isOpen ? now.value : 0;
  const begin = Date.parse(run.started_at ?? run.created_at);
  const end = run.completed_at === null ? Math.max(time, begin) : Date.parse(run.completed_at);
  const { bars, scale } = useMemo(() => {
    const all = rows.map(({ step }) => barsOf(step, attempts.get(step.address)?.value ?? [], time));
    // Of one attempt, too, the line of time is that of all of them: bars stay where they are.
    const scale = scaleOf(all.flat(), begin, end);
    const bars = choice === null ? all : rows.map(({ step, told }) => barsOfAttempt(step, told, time));
    return { bars, scale };
    // The rows are others each time; what they are of is said by the address, and by how much is read of what is open.
  }, [run, address.value.query, rows.length, attempts, choice, time, begin, end]);
  const { first, end: last } = useVisibleRange(scroller, ROW_HEIGHT, rows.length);
  useEffect(() => look(rows.slice(first, last).map(({ step }) => step)));
  const onKeyDown = useRowKeys(scroller, rows, ROW_HEIGHT);
  useActions([
    { key: "+", name: "Stretch the timeline", run: () => setZoom(Math.min(MOST_ZOOM, zoom * ZOOM)) },
    { key: "-", name: "Shrink the timeline", run: () => setZoom(Math.max(1, zoom / ZOOM)) },
    { key: "0", name: "Fit the timeline", run: () => setZoom(1) },
  ]);
  const selected = address.value.query.get("step");
  const until = new Map(run.waiting.map((one) => [one.address, one.until] as const));
  return (
    <section class="timeline" aria-label="Timeline" onKeyDown={onKeyDown}>
      <fieldset class="timeline-zoom" aria-label="Zoom">
        <button type="button" class="quiet" aria-label="Shrink" onClick={() => setZoom(Math.max(1, zoom / ZOOM))}>
          −
        </button>
        <button
          type="button"
          class="quiet"
          aria-label="Stretch"
          onClick={() => setZoom(Math.min(MOST_ZOOM, zoom * ZOOM))}
        >
          +
        </button>
        <button type="button" class="quiet" onClick={() => setZoom(1)}>
          fit
        </button>
      </fieldset>
      <div class="timeline-scroller" ref={scroller}>
        <div
          class="timeline-room"
          style={{ "--zoom": zoom }}
          role="table"
          aria-label="Steps"
          aria-rowcount={rows.length + 1}
        >
          <HeardHead />
          <div class="timeline-axis" aria-hidden="true">
            <div class="timeline-ticks">
              {scale.ticks.map((tick, index) => (
                <span
                  key={tick}
                  class={`timeline-tick tick-${index === 0 ? "first" : index === scale.ticks.length - 1 ? "last" : "between"}`}
                  style={{ left: `${scale.place(tick) * 100}%` }}
                >
                  {index === 0 ? timeText(tick, now.peek()) : `+${durationText(tick - begin)}`}
                </span>
              ))}
            </div>
          </div>
          <div role="rowgroup" class="timeline-rows" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
            {rows.slice(first, last).map((row, place) => (
              <TimelineRow
                key={row.step.address}
                {...{ row, scale, bars: bars[first + place] ?? [] }}
                place={first + place}
                top={(first + place) * ROW_HEIGHT}
                isSelected={row.step.address === selected}
                isFirst={first + place === 0}
                until={row.told.status === "running" ? until.get(row.step.address) : undefined}
              />
            ))}
          </div>
          <div class="timeline-marks" aria-hidden="true">
            {scale.cuts.map(({ at }) => (
              <span key={at} class="timeline-cut" style={{ left: `${at * 100}%` }} />
            ))}
            {isOpen && <span class="timeline-now" style={{ left: `${scale.place(end) * 100}%` }} />}
          </div>
        </div>
        {rows.length === 0 && <p class="soft timeline-none">No step is like that</p>}
      </div>
      {scale.cuts.length > 0 && <p class="soft timeline-cut-text">┊ {cutText(scale.cuts)} cut out ┊</p>}
    </section>
  );
}

function cutText(cuts: Scale["cuts"]): string {
  const all = durationText(cuts.reduce((sum, { length }) => sum + length, 0));
  return cuts.length === 1
    ? `${all} without progress are`
    : `${cuts.length} stretches without progress, ${all} in all, are`;
}
