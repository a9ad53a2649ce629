import { useSignal } from "@preact/signals";
import { useEffect, useId, useLayoutEffect, useMemo } from "preact/hooks";
import { keyAction } from "./keys.ts";
import { type Box, layout } from "./layout.ts";
import { openedIn } from "./opened.ts";
import { pathTo } from "./path-to.ts";
import { Picture } from "./picture.tsx";
import type { States } from "./states.ts";
import { StepTree } from "./step-tree.tsx";
import type { DrawnStep } from "./steps.ts";
import { useViewport } from "./use-viewport.ts";

export interface DrawingProps {
  steps: readonly DrawnStep[];
  /** What is known of steps, by their paths: of a run, of a text with faults, of a comparison. */
  states?: States;
  /** Of a run: its maps are closed at first. */
  isRun?: boolean;
  /** The path of the step that is chosen; null where none is. */
  selected: string | null;
  onSelect: (step: DrawnStep) => void;
  /** Where steps can be inserted: behind the one that is chosen. */
  onInsert?: (after: DrawnStep) => void;
  /** Greyed, since it is no longer what the text says. */
  isStale?: boolean;
  /** What it is of, for those who can't see it. */
  label: string;
}

const NONE: States = new Map();

/**
 * A workflow as boxes and lines, to be panned (drag, wheel), zoomed (+ − 0, ctrl and wheel) and walked through (arrows). Who
 * can't see it has a tree of the same steps, which takes the keys.
 */
export function Drawing({
  steps,
  states = NONE,
  isRun = false,
  selected,
  onSelect,
  onInsert,
  isStale,
  label,
}: DrawingProps) {
  const id = useId();
  const chosen = useSignal<ReadonlyMap<string, boolean>>(new Map());
  const active = useSignal<string | null>(null);
  const opened = useMemo(() => openedIn(steps, { chosen: chosen.value, isRun }), [steps, chosen.value, isRun]);
  const drawn = useMemo(() => layout(steps, (step) => opened.has(step)), [steps, opened]);
  const { viewport, surface } = useViewport(drawn.area);
  const { boxes } = drawn;
  const current = boxes.find(({ step }) => step.path === (active.value ?? selected)) ?? boxes[0];

  // A link may lead into a step that is closed. Before the next key: a later effect would undo what that key has done.
  useLayoutEffect(() => {
    if (selected === null) return;
    const around = pathTo(steps, selected).slice(0, -1);
    if (around.some((step) => !opened.has(step))) open(around.map(({ path }) => path));
    active.value = selected;
  }, [selected, steps]);

  // Where the keyboard is can be seen.
  const stands = boxes.find(({ step }) => step.path === active.value);
  useEffect(() => {
    if (stands !== undefined) viewport.reveal(stands);
  }, [stands?.step.path, stands?.x, stands?.y, viewport.size.value]);

  function open(paths: readonly string[], isOpen = true): void {
    chosen.value = new Map([...chosen.value, ...paths.map((path) => [path, isOpen] as const)]);
  }

  function activate({ step }: Box): void {
    active.value = step.path;
    onSelect(step);
  }

  function press(event: KeyboardEvent): void {
    const action = current === undefined ? null : keyAction(event, boxes, current);
    if (action === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (action.does === "walk") active.value = action.to.step.path;
    else if (action.does === "fold") open([action.box.step.path], action.box.frame === null);
    else if (action.does === "select") activate(action.box);
    else if (action.does === "zoom") viewport.zoom(action.factor);
    else viewport.fit();
  }

  return (
    <div class={`drawing ${isStale ? "is-stale" : ""}`}>
      <StepTree {...{ id, boxes, current, selected, states, label }} onKey={press} />
      <Picture
        {...{ drawn, viewport, surface, states, selected }}
        active={active.value}
        onBox={activate}
        onInsert={onInsert}
        onFold={({ step, frame }) => open([step.path], frame === null)}
      />
      <fieldset class="drawing-controls" aria-label="Zoom">
        <button type="button" title="Smaller (−)" aria-label="Smaller" onClick={() => viewport.zoom(0.8)}>
          −
        </button>
        <button type="button" title="As large as it is (1)" class="drawing-scale" onClick={() => viewport.begin()}>
          {Math.round(viewport.look.value.scale * 100)} %
        </button>
        <button type="button" title="Larger (+)" aria-label="Larger" onClick={() => viewport.zoom(1.25)}>
          +
        </button>
        <button type="button" title="All of it (0)" onClick={() => viewport.fit()}>
          Fit
        </button>
      </fieldset>
    </div>
  );
}
