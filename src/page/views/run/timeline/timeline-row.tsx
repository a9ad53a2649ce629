import { Moon } from "../../../shared/status/moon.tsx";
import { StatusMark } from "../../../shared/status/status.tsx";
import { knownStatus, statusWord } from "../../../shared/status/statuses.ts";
import { durationText } from "../../../shared/time/format.ts";
import { now } from "../../../shared/time/now.ts";
import { Counts } from "../counts.tsx";
import type { ToldRow } from "../shown-rows.ts";
import { stepHref } from "../step-link.tsx";
import { withinOf } from "../step-rows.ts";
import { toggleOpen } from "../use-rows.ts";
import type { Bar } from "./bars.ts";
import { HeardCells } from "./heard-cells.tsx";
import type { Scale } from "./scale.ts";

/** How far on the line bars may end for counts, or for what is left, to have room behind them. */
const LAST_FOR_COUNTS = 0.6;

interface TimelineRowProps {
  row: ToldRow;
  bars: readonly Bar[];
  scale: Scale;
  /** Its place among all rows. */
  place: number;
  top: number;
  isSelected: boolean;
  isFirst: boolean;
  /** ISO 8601: when it goes on by itself, of what waits. */
  until: string | undefined;
}

/** One step: its name, and when it did what. */
export function TimelineRow({ row, bars, scale, place, top, isSelected, isFirst, until }: TimelineRowProps) {
  const { step, told, depth, label, isOpen, opened } = row;
  const { status } = told;
  const failedTab = status === "failed" ? "error" : null;
  const last = bars.at(-1);
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      class={`timeline-row${isSelected ? " is-selected" : ""}`}
      style={{ top: `${top}px` }}
      data-step={step.address}
    >
      <span role="cell" class="timeline-name" style={{ paddingLeft: `${depth * 14}px` }}>
        {withinOf(step) > 0 ? (
          <button
            type="button"
            class="fold"
            aria-expanded={isOpen}
            aria-label={`${isOpen ? "Close" : "Open"} ${step.address}`}
            onClick={() => toggleOpen(step)}
          >
            {isOpen ? "▾" : "▸"}
          </button>
        ) : (
          <span class="fold" />
        )}
        {status === null ? <span class="mark" /> : <StatusMark status={status} />}
        <a
          class="cut"
          href={stepHref(step.address, failedTab)}
          tabIndex={isSelected || isFirst ? 0 : -1}
          aria-current={isSelected ? "true" : undefined}
          title={step.address}
        >
          {label}
        </a>
        {step.attempts !== undefined && (
          <span class="soft timeline-tries" aria-hidden="true">
            ×{step.attempts}
          </span>
        )}
        {opened?.state.value.hasMore && (
          <button
            type="button"
            class="copy timeline-more"
            title={opened.state.value.problem?.text}
            onClick={() => opened.more()}
          >
            {opened.state.value.problem === null ? "more…" : "not read, try again"}
          </button>
        )}
      </span>
      <HeardCells {...{ step, told, bars, until }} />
      <span class="timeline-lane" aria-hidden="true">
        {bars.map((bar) => (
          <span
            key={bar.from}
            class={`bar bar-${bar.isAsleep ? "asleep" : knownStatus(bar.status)}`}
            style={placeOf(bar, scale)}
            title={titleOf(bar)}
          />
        ))}
        <span class="bar-text" style={textPlace(bars, scale, until !== undefined || withinOf(step) > 0)}>
          {until !== undefined ? (
            <Left until={until} />
          ) : status === null ? (
            (told.attempts ?? "–")
          ) : last === undefined ? (
            statusWord(status)
          ) : (
            durationText(last.to - (bars[0]?.from ?? last.from))
          )}
          <Counts step={step} />
        </span>
      </span>
    </div>
  );
}

/** How long what waits still does, at the longest. */
function Left({ until }: { until: string }) {
  const left = Date.parse(until) - now.value;
  return (
    <>
      <Moon /> {left > 0 ? `${durationText(left)} left` : "due"}
    </>
  );
}

function placeOf({ from, to }: Bar, { place }: Scale) {
  const left = place(from);
  return { left: `${left * 100}%`, width: `max(3px, ${(place(to) - left) * 100}%)` };
}

/** Behind the bars; what is too long for the room behind them stands before them, or over their end. */
function textPlace(bars: readonly Bar[], { place }: Scale, isLong: boolean) {
  const [first, last] = [bars[0], bars.at(-1)];
  if (first === undefined || last === undefined) return { left: "0" };
  const [begin, end] = [place(first.from), place(last.to)];
  if (!isLong || end <= LAST_FOR_COUNTS) return { left: `${100 * end}%` };
  return { right: `${100 - 100 * (begin >= 1 - LAST_FOR_COUNTS ? begin : end)}%`, margin: "0" };
}

function titleOf({ from, to, isAsleep, attempt, status }: Bar): string {
  const what = isAsleep ? "asleep" : attempt === null ? status : `attempt ${attempt}: ${status}`;
  return `${what}, ${durationText(to - from)}`;
}
