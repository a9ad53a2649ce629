import { useEffect, useRef, useState } from "preact/hooks";
import { theme } from "../../../../settings.ts";
import { gridOf, movedTo, wordOf } from "./cells.ts";
import { draw } from "./draw.ts";

interface StripProps {
  items: string;
  at: number;
  onlyFailed: boolean;
  label: string;
  onMove: (index: number) => void;
  onOpen: (index: number) => void;
}

const DARK = matchMedia("(prefers-color-scheme: dark)");

/** Ten thousand items are one picture: arrow keys go from cell to cell, Enter opens one. */
export function Strip({ items, at, onlyFailed, label, onMove, onOpen }: StripProps) {
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [isDark, setIsDark] = useState(DARK.matches);
  const grid = gridOf(items.length, width);
  useEffect(() => {
    const look = () => setIsDark(DARK.matches);
    const observer = new ResizeObserver(() => setWidth(place.current?.clientWidth ?? 0));
    if (place.current !== null) observer.observe(place.current);
    DARK.addEventListener("change", look);
    return () => {
      observer.disconnect();
      DARK.removeEventListener("change", look);
    };
  }, []);
  const chosen = theme.value;
  useEffect(() => {
    const [own, around] = [canvas.current, place.current];
    if (own === null || around === null || width === 0) return;
    // Colours of the style are known where something has them.
    const colourOf = (selector: string) => getComputedStyle(around.querySelector(selector) ?? around).color;
    const { color: text, backgroundColor: ground } = getComputedStyle(around);
    draw(
      own,
      { items, grid, at, onlyFailed },
      { of: (status) => colourOf(`.mark-${status}`), ground, text },
      devicePixelRatio,
    );
  }, [items, grid.columns, grid.cell, at, onlyFailed, chosen, isDark, width]);
  const indexAt = ({ offsetX, offsetY }: MouseEvent) => {
    const column = Math.min(grid.columns - 1, Math.floor(offsetX / grid.cell));
    return Math.min(items.length - 1, Math.floor(offsetY / grid.cell) * grid.columns + column);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const to = movedTo(event.key, at, items, grid.columns, onlyFailed);
    if (to !== null) {
      onMove(to);
      const top = Math.floor(to / grid.columns) * grid.cell;
      place.current?.scrollTo({ top: top - place.current.clientHeight / 2 });
    } else if (event.key === "Enter") onOpen(at);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class="strip"
      ref={place}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={items.length - 1}
      aria-valuenow={at}
      aria-valuetext={`item ${at}: ${wordOf(items[at])}`}
      onKeyDown={onKeyDown}
    >
      <canvas
        ref={canvas}
        style={{ width: `${grid.columns * grid.cell}px`, height: `${grid.rows * grid.cell}px` }}
        onClick={(event) => onOpen(indexAt(event))}
        onMouseMove={(event) => {
          if (canvas.current !== null) canvas.current.title = titleOf(indexAt(event), items);
        }}
      />
      {["success", "failed", "running", "skipped", "unreached", "unknown"].map((status) => (
        <i key={status} class={`mark-${status}`} hidden />
      ))}
    </div>
  );
}

function titleOf(index: number, items: string): string {
  return `item ${index}: ${wordOf(items[index])}`;
}
