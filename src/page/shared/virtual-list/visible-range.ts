/** Which rows of a long list are in the document: those in view, and some around them. */
import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

const AROUND = 12;

export interface Range {
  first: number;
  /** Behind the last one. */
  end: number;
}

/** The rows in view of a scrolling element whose rows are all of one height, in pixels. */
export function useVisibleRange(scroller: RefObject<HTMLElement | null>, rowHeight: number, count: number): Range {
  const [range, setRange] = useState<Range>({ first: 0, end: 40 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - AROUND);
      const end = Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + AROUND;
      setRange((before) => (before.first === first && before.end === end ? before : { first, end }));
    };
    look();
    element.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [scroller, rowHeight]);
  return { first: Math.min(range.first, Math.max(0, count - 1)), end: Math.min(range.end, count) };
}
