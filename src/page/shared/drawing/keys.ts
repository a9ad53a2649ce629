/** What keys do in a drawing. */
import type { Box } from "./layout.ts";

export type KeyAction =
  | { does: "walk"; to: Box }
  | { does: "fold"; box: Box }
  | { does: "select"; box: Box }
  | { does: "zoom"; factor: number }
  | { does: "fit" };

/** What a key does where the keyboard is at a box; null of one that means nothing. */
export function keyAction(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey">,
  boxes: readonly Box[],
  current: Box,
): KeyAction | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const at = boxes.indexOf(current);
  const walk = (to: Box | null | undefined): KeyAction | null => (to ? { does: "walk", to } : null);
  switch (event.key) {
    case "ArrowDown":
      return walk(boxes[at + 1]);
    case "ArrowUp":
      return walk(boxes[at - 1]);
    case "Home":
      return walk(boxes[0]);
    case "End":
      return walk(boxes.at(-1));
    case "ArrowRight":
      return isClosed(current) ? { does: "fold", box: current } : walk(boxes.find(({ parent }) => parent === current));
    case "ArrowLeft":
      return current.frame === null ? walk(current.parent) : { does: "fold", box: current };
    case "Enter":
    case " ":
      return { does: "select", box: current };
    case "+":
    case "=":
      return { does: "zoom", factor: 1.25 };
    case "-":
      return { does: "zoom", factor: 0.8 };
    case "0":
      return { does: "fit" };
    default:
      return null;
  }
}

function isClosed({ step, frame }: Box): boolean {
  return step.lists.length > 0 && frame === null;
}
