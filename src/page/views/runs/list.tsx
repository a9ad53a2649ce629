import type { Signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { go } from "../../address/address.ts";
import { useActions } from "../../keys/keys.ts";
import { focusRow } from "../../shared/virtual-list/focus-row.ts";
import { reveal } from "../../shared/virtual-list/reveal.ts";
import { useVisibleRange } from "../../shared/virtual-list/visible-range.ts";
import { useBelow } from "./below/use-below.ts";
import type { Chosen } from "./chosen.ts";
import { Edge, TopEdge } from "./edge.tsx";
import { countText, type Incoming } from "./incoming.ts";
import { Row } from "./row.tsx";
import { RowHead } from "./row-head.tsx";
import type { RunRows } from "./rows.ts";
import { useStillPlace } from "./still-place.ts";

/** Pixels; the style has the same as --row. */
const ROW_HEIGHT = 36;
/** Rows from the end of what is read at which more is read. */
const NEAR = 40;

/** What of the list somebody is at: while there is anything, nothing in it moves. */
export interface Hold {
  isHovered: boolean;
  isScrolled: boolean;
  isFocused: boolean;
  /** The run whose row has the focus, or had it last. */
  current: Signal<string | null>;
}

export interface ListProps {
  rows: RunRows;
  incoming: Incoming;
  chosen: Chosen;
  hold: Hold;
  /** Whether a stream tells of its newest runs. */
  isFollowed: boolean;
}

/** The rows that are in view, of a piece of all runs. */
export function List({ rows, incoming, chosen, hold, isFollowed }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const all = rows.rows.value;
  const { first, end } = useVisibleRange(scroller, ROW_HEIGHT, all.length);
  useBelow(rows, all.slice(first, end), isFollowed);
  useStillPlace(scroller, all, ROW_HEIGHT, rows.isAtTime);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    // Where it is now: rows that came or went may have moved it since the range was looked at.
    const top = element.scrollTop / ROW_HEIGHT;
    const bottom = top + element.clientHeight / ROW_HEIGHT;
    const wasScrolled = hold.isScrolled;
    hold.isScrolled = top > 0;
    if (bottom > all.length - NEAR && rows.lookedTo.peek() === null) rows.more("older");
    if (top === 0 && rows.isAtTime) {
      // A time that was gone to is read alone, until somebody goes up from there.
      if (wasScrolled) rows.more("newer");
    } else if (top === 0) rows.toTop();
    else if (top < NEAR) rows.more("newer");
  });
  const current = all.findIndex(({ uuid }) => uuid === hold.current.value);
  const goUp = () => {
    if (rows.isAtTime && scroller.current?.scrollTop === 0) rows.more("newer");
  };
  const focus = (index: number) => {
    if (index < 0) goUp();
    const run = all[Math.max(0, Math.min(index, all.length - 1))];
    const element = scroller.current;
    if (run === undefined || element === null) return;
    // With the line of titles above it, and the row below it.
    reveal(element, index * ROW_HEIGHT, (index + 3) * ROW_HEIGHT);
    // Keys may come faster than rows are drawn.
    hold.current.value = run.uuid;
    focusRow(element, `[data-run="${run.uuid}"]`);
  };
  const showNew = () => {
    incoming.show();
    scroller.current?.scrollTo(0, 0);
  };
  useActions([
    { key: "j", name: "Next run", run: () => focus(current + 1) },
    { key: "k", name: "Run before", run: () => focus(current < 0 ? 0 : current - 1) },
    { key: "x", name: "Choose the run", run: () => all[current] && chosen.toggle(all[current].uuid, all) },
    { key: "n", name: "Show new runs", run: showNew },
    { key: "Enter", name: "Open the run", run: () => all[current] && go(`/runs/${all[current].uuid}`) },
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    focus(current + step);
  };
  // The row with the focus stays in the document, wherever it is.
  const shown = [...all.slice(first, end).keys()].map((index) => first + index);
  if (current >= 0 && (current < first || current >= end)) shown.push(current);
  const waiting = incoming.waiting.value.length;
  return (
    <div
      class="run-scroller"
      role="group"
      aria-label="Runs that fit"
      ref={scroller}
      onKeyDown={onKeyDown}
      onWheel={({ deltaY }) => deltaY < 0 && goUp()}
      onFocusIn={() => {
        hold.isFocused = true;
      }}
      onFocusOut={() => {
        hold.isFocused = false;
      }}
      onMouseEnter={() => {
        hold.isHovered = true;
      }}
      onMouseLeave={() => {
        hold.isHovered = false;
      }}
    >
      {waiting > 0 && (
        <button type="button" class="run-new" onClick={showNew}>
          <span aria-hidden="true">▲</span> {countText(waiting)} new {waiting === 1 ? "run" : "runs"}
        </button>
      )}
      {first === 0 && <TopEdge rows={rows} />}
      <div role="table" aria-label="Runs" aria-rowcount={-1} class="run-table">
        <RowHead />
        <div role="rowgroup" class="run-rows" style={{ height: `calc(${all.length} * var(--row))` }}>
          {shown.map((index) => {
            const run = all[index];
            if (run === undefined) return null;
            return (
              <Row
                key={run.uuid}
                run={run}
                index={index}
                isCurrent={run.uuid === hold.current.value || (current < 0 && index === first)}
                isChosen={chosen.ids.value.has(run.uuid)}
                onFocus={() => {
                  hold.current.value = run.uuid;
                }}
                onChoose={(isRange) => chosen.toggle(run.uuid, all, isRange)}
              />
            );
          })}
        </div>
      </div>
      <Edge rows={rows} />
    </div>
  );
}
