import { useRef } from "preact/hooks";
import { address, choose, hrefOf } from "../../address/address.ts";
import { Status } from "../../shared/status/status.tsx";
import { Time, Took } from "../../shared/time/time.tsx";
import { useVisibleRange } from "../../shared/virtual-list/visible-range.ts";
import { Counts } from "./counts.tsx";
import { useRowKeys } from "./row-keys.ts";
import type { ShownRun } from "./shown-run.ts";
import { stepHref } from "./step-link.tsx";
import { type Row, useRows } from "./use-rows.ts";

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
export function StepTable(shown: ShownRun) {
  const scroller = useRef<HTMLDivElement>(null);
  const { query } = address.value;
  const sort = query.get("sort") ?? "";
  const rows = sorted(useRows(shown), sort);
  const { first, end } = useVisibleRange(scroller, ROW_HEIGHT, rows.length);
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
          {rows.slice(first, end).map(({ step, depth, label }, place) => (
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
                <Status status={step.status} />
              </span>
              <span role="cell" class="cut">
                <Time at={step.started_at} milliseconds />
              </span>
              <span role="cell">
                <Took from={step.started_at} to={step.completed_at} isOpen={step.status === "running"} />
              </span>
              <span role="cell" class="number soft">
                {step.attempts ?? (step.started_at === null ? "" : 1)}
              </span>
              <span role="cell" class="cut soft" title={step.error ?? undefined}>
                {step.error}
              </span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}

/** Longest, latest or most tried first; without a choice as the definition has them. */
function sorted(rows: Row[], sort: string): Row[] {
  const measure = ({ step: { started_at, completed_at, attempts = 1 } }: Row) => {
    const began = started_at === null ? 0 : Date.parse(started_at);
    if (sort === "start") return began;
    if (sort === "attempts") return attempts;
    return completed_at === null ? 0 : Date.parse(completed_at) - began;
  };
  return sort === "" ? rows : rows.toSorted((one, other) => measure(other) - measure(one));
}
