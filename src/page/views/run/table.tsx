import { useEffect, useRef } from "preact/hooks";
import { address, choose, hrefOf } from "../../address/address.ts";
import { Status } from "../../shared/status/status.tsx";
import { Time, Took } from "../../shared/time/time.tsx";
import { useVisibleRange } from "../../shared/virtual-list/visible-range.ts";
import { Counts } from "./counts.tsx";
import { useRowKeys } from "./row-keys.ts";
import type { ShownRows, ToldRow } from "./shown-rows.ts";
import { stepHref } from "./step-link.tsx";

const ROW_HEIGHT = 36;
const COLUMNS = [
  [null, "Step"],
  [null, "Type"],
  [null, "Status"],
  ["start", "Began"],
  ["took", "Took"],
  ["attempts", "Attempts"],
  [null, "Error"],
] as const;

/** The same as the timeline, as a table. */
export function StepTable({ rows: all, choice, look }: ShownRows) {
  const scroller = useRef<HTMLDivElement>(null);
  const { query } = address.value;
  const sort = query.get("sort") ?? "";
  const rows = sorted(all, sort);
  const { first, end } = useVisibleRange(scroller, ROW_HEIGHT, rows.length);
  // All of them together are told by the step itself.
  useEffect(() => look(choice === null ? [] : rows.slice(first, end).map(({ step }) => step)));
  const onKeyDown = useRowKeys(scroller, rows, ROW_HEIGHT);
  const selected = query.get("step");
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the rows' links have the focus; arrows go from one to the next
    <div class="step-scroller" ref={scroller} onKeyDown={onKeyDown}>
      <div role="table" aria-label="Steps" aria-rowcount={rows.length + 1}>
        <div role="row" aria-rowindex={1} class="step-row step-head">
          {COLUMNS.map(([key, label]) => (
            <span key={label} role="columnheader" aria-sort={key !== null && sort === key ? "descending" : undefined}>
              {key === null ? (
                label
              ) : (
                <a href={hrefOf(choose({ sort: sort === key ? null : key }))}>
                  {label}
                  {sort === key ? " ↓" : ""}
                </a>
              )}
            </span>
          ))}
        </div>
        <div role="rowgroup" class="step-rows" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
          {rows.slice(first, end).map(({ step, told, depth, label }, place) => (
            <div
              key={step.address}
              role="row"
              aria-rowindex={first + place + 2}
              class={`step-row${step.address === selected ? " is-selected" : ""}`}
              data-step={step.address}
              style={{ top: `${(first + place) * ROW_HEIGHT}px` }}
            >
              <span role="cell" class="cut" style={{ paddingLeft: `${sort === "" ? depth * 14 : 0}px` }}>
                <a href={stepHref(step.address)} title={step.address}>
                  {sort === "" ? label : step.address}
                </a>{" "}
                <Counts step={step} />
              </span>
              <span role="cell" class="soft">
                {step.type}
              </span>
              <span role="cell">
                {told.status === null ? <span class="soft">–</span> : <Status status={told.status} />}
              </span>
              <span role="cell" class="cut">
                <Time at={told.started_at} milliseconds />
              </span>
              <span role="cell">
                <Took from={told.started_at} to={told.completed_at} isOpen={told.status === "running"} />
              </span>
              <span role="cell" class="number soft">
                {told.attempts}
              </span>
              <span role="cell" class="cut soft" title={told.error ?? undefined}>
                {told.error}
              </span>
            </div>
          ))}
        </div>
      </div>
      {rows.length === 0 && <p class="soft timeline-none">No step is like that</p>}
    </div>
  );
}

/** Longest, latest or most tried first; without a choice as the definition has them. */
function sorted(rows: readonly ToldRow[], sort: string): readonly ToldRow[] {
  const measure = ({ step: { attempts = 1 }, told: { started_at, completed_at } }: ToldRow) => {
    const began = started_at === null ? 0 : Date.parse(started_at);
    if (sort === "start") return began;
    if (sort === "attempts") return attempts;
    return completed_at === null ? 0 : Date.parse(completed_at) - began;
  };
  return sort === "" ? rows : rows.toSorted((one, other) => measure(other) - measure(one));
}
