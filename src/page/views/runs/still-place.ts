import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { RunSummary } from "../../../schemas/runs/run-summary.ts";

/**
 * Keeps what is in view in its place while rows above it come or go. At the very top nothing is kept, so that new rows are seen,
 * unless `keepsTop`: then what comes above is read on when somebody goes up.
 */
export function useStillPlace(
  scroller: RefObject<HTMLElement | null>,
  rows: readonly RunSummary[],
  rowHeight: number,
  keepsTop: boolean,
): void {
  const before = useRef(rows);
  useLayoutEffect(() => {
    const element = scroller.current;
    const old = before.current;
    before.current = rows;
    if (element === null || old === rows || (element.scrollTop === 0 && !keepsTop)) return;
    const seen = old[Math.floor(element.scrollTop / rowHeight)];
    const place = seen === undefined ? -1 : rows.findIndex(({ uuid }) => uuid === seen.uuid);
    if (place < 0) return;
    const was = old.findIndex(({ uuid }) => uuid === seen?.uuid);
    if (place !== was) element.scrollTop += (place - was) * rowHeight;
  }, [scroller, rows, rowHeight, keepsTop]);
}
