import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { choose, hrefOf } from "../../../../address/address.ts";
import { Failed } from "../../../../shared/states/states.tsx";
import { StatusMark } from "../../../../shared/status/status.tsx";
import { Took } from "../../../../shared/time/time.tsx";
import { focusRow } from "../../../../shared/virtual-list/focus-row.ts";
import { reveal } from "../../../../shared/virtual-list/reveal.ts";
import { useVisibleRange } from "../../../../shared/virtual-list/visible-range.ts";
import { listed, statusOf, wordOf } from "./cells.ts";
import { type ItemDetail, ItemDetails } from "./details.ts";

/** Pixels, as in items.css. */
const ROW_HEIGHT = 28;
const PAGE_ROWS = 8;

interface ItemListProps {
  run: string;
  map: string;
  items: string;
  onlyFailed: boolean;
  /** The item that is open; null where none is. */
  open: number | null;
}

/** The items of a map as rows, of which those in view are in the document: what became of each, and why it failed. */
export function ItemList({ run, map, items, onlyFailed, open }: ItemListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useMemo(() => listed(items, onlyFailed), [items, onlyFailed]);
  const details = useMemo(() => new ItemDetails(run, map, onlyFailed), [run, map, onlyFailed]);
  const [focused, setFocused] = useState(0);
  const { first, end } = useVisibleRange(scroller, ROW_HEIGHT, rows.length);
  const known = details.known.value;
  const problem = details.problem.value;
  useEffect(() => () => details.close(), [details]);
  useEffect(() => details.changed(), [details, items]);
  useEffect(() => {
    details.look(rows.slice(first, end).filter((item) => items[item] !== "."));
  });
  const show = (row: number) => {
    const element = scroller.current;
    if (element !== null && row >= 0) reveal(element, row * ROW_HEIGHT, (row + 1) * ROW_HEIGHT);
  };
  useLayoutEffect(() => show(open === null ? -1 : rows.indexOf(open)), [open, rows]);
  const onKeyDown = (event: KeyboardEvent) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE_ROWS, PageUp: -PAGE_ROWS };
    const step = { ...steps, Home: -rows.length, End: rows.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const row = Math.max(0, Math.min(rows.length - 1, focused + step));
    show(row);
    if (scroller.current !== null) focusRow(scroller.current, `[data-row="${row}"]`);
  };
  // One of the rows in the document can be reached by Tab.
  const stop = focused >= first && focused < end ? focused : first;
  return (
    <>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the rows' links have the focus; arrows go from one to the next */}
      <div class="item-scroller" ref={scroller} onKeyDown={onKeyDown}>
        {rows.length === 0 && <p class="soft item-none">None failed</p>}
        <div role="table" aria-label={`Items of ${map}, one by one`} aria-rowcount={rows.length}>
          <div role="rowgroup" class="item-rows" style={{ height: `${rows.length * ROW_HEIGHT}px` }}>
            {rows.slice(first, end).map((item, place) => (
              <div
                key={item}
                role="row"
                aria-rowindex={first + place + 1}
                data-row={first + place}
                class={`item-row${item === open ? " is-selected" : ""}`}
                style={{ top: `${(first + place) * ROW_HEIGHT}px` }}
              >
                <span role="cell" class="cut">
                  <a
                    href={hrefOf(choose({ item }))}
                    tabIndex={first + place === stop ? 0 : -1}
                    aria-current={item === open ? "true" : undefined}
                    onFocus={() => setFocused(first + place)}
                  >
                    {map.split(".").at(-1)}[{item}]
                  </a>
                </span>
                <span role="cell" class={`cut status-${statusOf(items[item])}`}>
                  <StatusMark status={statusOf(items[item])} /> <span class="item-word">{wordOf(items[item])}</span>
                </span>
                <span role="cell" class="cut soft" title={known.get(item)?.error ?? undefined}>
                  <Said detail={known.get(item)} />
                </span>
              </div>
            ))}
          </div>
        </div>
      </div>
      {problem !== null && <Failed problem={problem} again={() => details.changed()} />}
    </>
  );
}

function Said({ detail }: { detail: ItemDetail | undefined }) {
  if (detail === undefined) return null;
  return detail.error !== null ? detail.error : <Took from={detail.from} to={detail.to} isOpen={false} />;
}
