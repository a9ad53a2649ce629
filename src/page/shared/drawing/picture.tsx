import type { TargetedPointerEvent } from "preact";
import { useRef } from "preact/hooks";
import { NameBox, StepBox } from "./box.tsx";
import type { Box, Layout } from "./layout.ts";
import { markOf } from "./marks.ts";
import { GAP } from "./sizes.ts";
import type { States } from "./states.ts";
import type { DrawnStep } from "./steps.ts";
import { shortened } from "./texts.ts";
import type { Viewport } from "./viewport.ts";
import { boxAt, marksOf, pathOf, visibleOf } from "./visible.ts";

interface PictureProps {
  drawn: Layout;
  viewport: Viewport;
  surface: (element: SVGSVGElement | null) => void;
  states: States;
  selected: string | null;
  active: string | null;
  onBox: (box: Box) => void;
  onFold: (box: Box) => void;
  onInsert: ((after: DrawnStep) => void) | undefined;
}

/** A drag that is shorter is a click. */
const DRAG_PIXELS = 4;
/** The corner of a box that opens and closes it. */
const FOLD_PIXELS = 36;
const PLUS_RADIUS = 12;

/** The part of a drawing that is looked at. The tree beside it says the same, so it is hidden from screen readers. */
export function Picture({ drawn, viewport, surface, states, selected, active, onBox, onFold, onInsert }: PictureProps) {
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const { x, y, scale } = viewport.look.value;
  const { detail, boxes, labels, edges } = visibleOf(drawn, viewport.window, scale);
  const frames = boxes.flatMap(({ frame }) => frame ?? []);
  const emphasisOf = ({ step: { path } }: Box) =>
    `${path === selected ? "selected" : ""} ${path === active ? "active" : ""}`;

  const plus =
    onInsert === undefined || detail !== "full" ? null : plusBehind(boxes.find(({ step }) => step.path === selected));

  function click(event: TargetedPointerEvent<SVGSVGElement>): void {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const at = { x: (event.clientX - left - x) / scale, y: (event.clientY - top - y) / scale };
    if (plus !== null && Math.hypot(at.x - plus.x, at.y - plus.y) <= PLUS_RADIUS) {
      onInsert?.(plus.step);
      return;
    }
    const box = boxAt(boxes, at);
    if (box === undefined) return;
    const isCorner = at.x > box.x + box.width - FOLD_PIXELS && at.y > box.y + box.height / 2;
    if (isCorner && box.step.lists.length > 0) onFold(box);
    else onBox(box);
  }

  return (
    <svg
      class="picture"
      ref={surface}
      aria-hidden="true"
      onPointerDown={(event) => {
        if (event.button === 0) drag.current = { x: event.clientX, y: event.clientY, moved: false };
      }}
      onPointerMove={(event) => {
        const from = drag.current;
        if (from === null) return;
        const [dx, dy] = [event.clientX - from.x, event.clientY - from.y];
        if (!from.moved && Math.hypot(dx, dy) < DRAG_PIXELS) return;
        if (!from.moved) event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, y: event.clientY, moved: true };
        viewport.pan(dx, dy);
      }}
      onPointerUp={(event) => {
        if (drag.current?.moved === false) click(event);
        drag.current = null;
      }}
      onPointerCancel={() => {
        drag.current = null;
      }}
    >
      <g transform={`translate(${x} ${y}) scale(${scale})`}>
        <path class="frames" d={marksOf([drawn.trigger, ...frames])} />
        <path class="edges" d={pathOf(edges.filter(({ isAside }) => !isAside))} />
        <path class="edges aside" d={pathOf(edges.filter(({ isAside }) => isAside))} />
        {labels.map((label) => (
          <text key={`${label.x} ${label.y}`} class="label" x={label.x + 8} y={label.y + 15}>
            {shortened(label.text, label.width / 7)}
          </text>
        ))}
        {detail === "marks"
          ? marksBy(boxes, states).map(([look, area]) => <path key={look} class={`box ${look}`} d={marksOf(area)} />)
          : boxes.map((box) => {
              const props = { box, state: states.get(box.step.path), emphasis: emphasisOf(box) };
              return detail === "full" ? (
                <StepBox key={box.step.path} {...props} />
              ) : (
                <NameBox key={box.step.path} {...props} />
              );
            })}
        {plus !== null && (
          <g class="plus" transform={`translate(${plus.x} ${plus.y})`}>
            <title>Insert a step here</title>
            <circle r={PLUS_RADIUS - 2} />
            <path d="M-4 0h8M0 -4v8" />
          </g>
        )}
      </g>
    </svg>
  );
}

/** On the line behind a step: where one can be inserted. */
function plusBehind(box: Box | undefined): { step: DrawnStep; x: number; y: number } | null {
  if (box === undefined) return null;
  const { y, height } = box.frame ?? box;
  return { step: box.step, x: box.x + box.width / 2, y: y + height + GAP / 2 };
}

/** Boxes of one look are one path, however many there are. */
function marksBy(boxes: readonly Box[], states: States): [string, Box[]][] {
  const looks = Map.groupBy(boxes, ({ step: { path } }) => {
    const state = states.get(path);
    return state === undefined ? "" : markOf(state.status).look;
  });
  return [...looks];
}
