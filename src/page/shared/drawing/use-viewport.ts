import { useCallback, useEffect, useMemo, useRef } from "preact/hooks";
import type { Area } from "./layout.ts";
import { Viewport } from "./viewport.ts";

/** Of a notch of a wheel that counts lines. */
const LINE_PIXELS = 16;

/** A window on a drawing of this size. `surface` is the ref of its element, whose size and wheel it follows. */
export function useViewport(area: Area) {
  const viewport = useMemo(() => new Viewport(), []);
  viewport.takes(area);
  const end = useRef<() => void>(() => {});
  const surface = useCallback((element: SVGSVGElement | null) => {
    end.current();
    end.current = element === null ? () => {} : follow(element, viewport);
  }, []);
  useEffect(() => () => end.current(), []);
  return { viewport, surface };
}

function follow(element: SVGSVGElement, viewport: Viewport): () => void {
  const sizes = new ResizeObserver(() => viewport.resize(element.clientWidth, element.clientHeight));
  const wheel = (event: WheelEvent) => {
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PIXELS : 1;
    const before = viewport.look.value;
    if (event.ctrlKey || event.metaKey) {
      const { left, top } = element.getBoundingClientRect();
      viewport.zoom(Math.exp((-event.deltaY * unit) / 300), { x: event.clientX - left, y: event.clientY - top });
      event.preventDefault();
      return;
    }
    viewport.pan(-event.deltaX * unit, -event.deltaY * unit);
    // At its end the wheel is the page's.
    if (viewport.look.value.x !== before.x || viewport.look.value.y !== before.y) event.preventDefault();
  };
  sizes.observe(element);
  // Preact's listeners are passive where browsers make them so.
  element.addEventListener("wheel", wheel, { passive: false });
  return () => {
    sizes.disconnect();
    element.removeEventListener("wheel", wheel);
  };
}
