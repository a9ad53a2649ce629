/**
 * Where everything of a drawing stands. A workflow is a tree of sequences and of lists beside one another, so each part is
 * measured from the inside out, and then placed from the outside in. The axis of the outermost sequence is x = 0: what is
 * added further down moves nothing above.
 */
import { ASIDE, BESIDE, BOX_HEIGHT, BOX_WIDTH, GAP, hasLabels, LABEL_HEIGHT, PADDING, Sizes } from "./sizes.ts";
import type { DrawnList, DrawnStep } from "./steps.ts";

const TRIGGER_WIDTH = 58;
/** Between where lists part, or come together, and the line across. */
const TURN = 10;

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where a step stands among the others. */
interface Standing {
  /** The box of the step that it is in; null at the top. */
  parent: Box | null;
  /** Its place in its list, from 0, and how many the list has. */
  position: number;
  siblings: number;
  /** The branch, case or catch that it is in; empty where that says nothing. */
  within: string;
}

export interface Box extends Area, Standing {
  step: DrawnStep;
  /** Steps around it. */
  depth: number;
  /** Around what it holds, of a step that holds others and is open. */
  frame: Area | null;
}

export interface Edge {
  from: { x: number; y: number };
  to: { x: number; y: number };
  /** The height at which it goes across. */
  across: number;
  /** To a handler, or from one. */
  isAside: boolean;
}

export interface Label extends Area {
  text: string;
}

export interface Layout {
  /** Around everything. */
  area: Area;
  /** In the order of the definition. */
  boxes: Box[];
  edges: Edge[];
  labels: Label[];
  /** Where the line into the first step begins. */
  trigger: Area;
}

/** Lays out steps, and what is in those that are open. Takes time linear in the steps that are shown. */
export function layout(steps: readonly DrawnStep[], isOpen: (step: DrawnStep) => boolean): Layout {
  const sizes = new Sizes(isOpen);
  const boxes: Box[] = [];
  const edges: Edge[] = [];
  const labels: Label[] = [];
  const { left, right, height } = sizes.ofSequence(steps);
  const trigger = { x: -TRIGGER_WIDTH / 2, y: -GAP - LABEL_HEIGHT, width: TRIGGER_WIDTH, height: LABEL_HEIGHT };
  labels.push({ ...trigger, text: "trigger" });
  edges.push(edge(0, -GAP, 0, 0, 0));
  placeSequence(steps, 0, 0, null, "");
  return {
    area: { x: -left, y: trigger.y, width: left + right, height: height - trigger.y },
    boxes,
    edges,
    labels,
    trigger,
  };

  function placeSequence(
    list: readonly DrawnStep[],
    axis: number,
    top: number,
    parent: Box | null,
    within: string,
  ): void {
    let y = top;
    for (const [position, step] of list.entries()) {
      if (position > 0) edges.push(edge(axis, y - GAP, axis, y, y));
      place(step, axis, y, { parent, position, siblings: list.length, within });
      y += sizes.of(step).height + GAP;
    }
  }

  function place(step: DrawnStep, axis: number, y: number, standing: Standing): void {
    const { parent } = standing;
    const at = { x: axis - BOX_WIDTH / 2, y, width: BOX_WIDTH, height: BOX_HEIGHT };
    const box: Box = { ...standing, ...at, step, depth: parent === null ? 0 : parent.depth + 1, frame: null };
    boxes.push(box);
    if (sizes.isOpen(step)) {
      const size = sizes.ofFrame(step);
      box.frame = { x: axis - size.left, y, width: size.left + size.right, height: size.height };
      placeLists(step.lists, axis, box, y + size.height);
    }
    if (step.handlers.length > 0) placeHandlers(step.handlers, axis, box);
  }

  /** What a step holds, centred on its axis, between the line at which it parts and the one at which it comes together. */
  function placeLists(lists: readonly DrawnList[], axis: number, parent: Box, end: number): void {
    const labelled = hasLabels(lists);
    const fork = parent.y + BOX_HEIGHT;
    let x = axis - sizes.ofLists(lists).width / 2;
    for (const { label, steps: list } of lists) {
      const size = sizes.ofSequence(list);
      const own = x + size.left;
      const top = fork + GAP + (labelled ? LABEL_HEIGHT : 0);
      edges.push(edge(axis, fork, own, top, fork + TURN));
      placeSequence(list, own, top, parent, label);
      edges.push(edge(own, top + size.height, axis, end, end - PADDING));
      if (labelled) {
        labels.push({ x: own, y: top - LABEL_HEIGHT, width: size.right, height: LABEL_HEIGHT, text: label });
      }
      x += size.left + size.right + BESIDE;
    }
  }

  function placeHandlers(handlers: readonly DrawnList[], axis: number, box: Box): void {
    const around = box.frame ?? box;
    const end = box.y + sizes.of(box.step).height;
    const middle = box.y + BOX_HEIGHT / 2;
    const edgeX = around.x + around.width;
    let x = edgeX + ASIDE;
    for (const { label, steps: list } of handlers) {
      const size = sizes.ofSequence(list);
      const own = x + size.left;
      const top = middle + LABEL_HEIGHT;
      labels.push({ x: own, y: middle, width: size.right, height: LABEL_HEIGHT, text: label });
      edges.push({ ...edge(edgeX, middle, own, top, middle), isAside: true });
      placeSequence(list, own, top, box, label);
      edges.push({ ...edge(own, top + size.height, axis, end, end - TURN), isAside: true });
      x += size.left + size.right + BESIDE;
    }
    edges.push(edge(axis, around.y + around.height, axis, end, end));
  }
}

function edge(x1: number, y1: number, x2: number, y2: number, across: number): Edge {
  return { from: { x: x1, y: y1 }, to: { x: x2, y: y2 }, across, isAside: false };
}
