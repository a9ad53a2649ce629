/** What of a drawing is in the document: never more than some 400 elements, however large the workflow. */
import type { Area, Box, Edge, Label, Layout } from "./layout.ts";

/** How much is drawn of each step: all, its name, or a mark among others in one path. */
export type Detail = "full" | "names" | "marks";

export interface Visible {
  detail: Detail;
  boxes: Box[];
  labels: Label[];
  edges: Edge[];
}

/** A box in full has up to ten elements, one with its name alone two. */
const MAX_FULL = 36;
const MAX_NAMES = 150;
/** Around what is looked at, in parts of it: as much as there is room for, so that it is there when one goes on. */
const MARGINS = [1, 0.5, 0];
/** Of corners. */
const RADIUS = 10;
/** Texts are too small to read below this. */
const MIN_NAMES_SCALE = 0.35;

/** What is to be drawn of a layout of which `area` is looked at, in its coordinates. */
export function visibleOf({ boxes, labels, edges }: Layout, area: Area, scale: number): Visible {
  for (const margin of MARGINS) {
    const around = grown(area, margin);
    const near = boxes.filter((box) => touches(box.frame ?? box, around));
    const words = labels.filter((label) => touches(label, around));
    const detail = detailOf(near.length + words.length, scale);
    if (detail !== "full" && margin > 0) continue;
    return {
      detail,
      boxes: near,
      labels: detail === "full" ? words : [],
      edges: edges.filter((edge) => touches(areaOf(edge), around)),
    };
  }
  return { detail: "marks", boxes: [], labels: [], edges: [] };
}

/** Lines as one path. */
export function pathOf(edges: readonly Edge[]): string {
  return edges.map(({ from, to, across }) => `M${from.x} ${from.y}V${across}H${to.x}V${to.y}`).join("");
}

/** Areas as one path, with round corners. */
export function marksOf(areas: readonly Area[]): string {
  const [r, ...corners] = [RADIUS, `${RADIUS} ${RADIUS}`, `${-RADIUS} ${RADIUS}`, `${-RADIUS} ${-RADIUS}`];
  const [right, left, up] = corners.map((to) => `a${r} ${r} 0 0 1 ${to}`);
  return areas
    .map(({ x, y, width, height }) => {
      const [across, down] = [width - 2 * r, height - 2 * r];
      return `M${x + r} ${y}h${across}${right}v${down}${left}h${-across}${up}v${-down}a${r} ${r} 0 0 1 ${r} ${-r}z`;
    })
    .join("");
}

function detailOf(count: number, scale: number): Detail {
  if (scale < MIN_NAMES_SCALE || count > MAX_NAMES) return "marks";
  return count > MAX_FULL ? "names" : "full";
}

function grown({ x, y, width, height }: Area, margin: number): Area {
  const [across, down] = [width * margin, height * margin];
  return { x: x - across, y: y - down, width: width + 2 * across, height: height + 2 * down };
}

function areaOf({ from, to }: Edge): Area {
  const [x, y] = [Math.min(from.x, to.x), Math.min(from.y, to.y)];
  return { x, y, width: Math.abs(from.x - to.x), height: Math.abs(from.y - to.y) };
}

function touches(one: Area, other: Area): boolean {
  return (
    one.x <= other.x + other.width &&
    other.x <= one.x + one.width &&
    one.y <= other.y + other.height &&
    other.y <= one.y + one.height
  );
}

/** The box at a point; the innermost comes last. */
export function boxAt(boxes: readonly Box[], { x, y }: { x: number; y: number }): Box | undefined {
  return boxes.findLast((box) => touches(box, { x, y, width: 0, height: 0 }));
}
