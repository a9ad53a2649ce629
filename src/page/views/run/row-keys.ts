import type { RefObject } from "preact";
import { address, choose, go } from "../../address/address.ts";
import { reveal } from "../../shared/virtual-list/reveal.ts";
import { type Row, toggleOpen } from "./use-rows.ts";

/** Arrow keys go from step to step, and open and close what holds others. */
export function useRowKeys(
  scroller: RefObject<HTMLElement | null>,
  rows: readonly Row[],
  rowHeight: number,
): (event: KeyboardEvent) => void {
  const focus = (index: number) => {
    const element = scroller.current;
    const row = rows[index];
    if (element === null || row === undefined) return;
    const top = index * rowHeight;
    reveal(element, top, top + 3 * rowHeight);
    // Once it is drawn.
    requestAnimationFrame(() =>
      element.querySelector<HTMLElement>(`[data-step="${CSS.escape(row.step.address)}"] a`)?.focus(),
    );
  };
  return (event) => {
    const here =
      event.target instanceof Element ? event.target.closest("[data-step]")?.getAttribute("data-step") : null;
    const index = rows.findIndex(({ step }) => step.address === (here ?? address.value.query.get("step")));
    const row = rows[index];
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 15, PageUp: -15, Home: -rows.length, End: rows.length }[
      event.key
    ];
    if (step !== undefined) focus(Math.max(0, Math.min(rows.length - 1, index + step)));
    else if (event.key === "ArrowRight" && row !== undefined && !row.isOpen) toggleOpen(row.step);
    else if (event.key === "ArrowLeft" && row?.isOpen) toggleOpen(row.step);
    else if (event.key === "Escape" && address.value.query.has("step"))
      go(choose({ step: null, tab: null, attempt: null, item: null }));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
}
