/** Draws the cells of a strip: each status has a colour, and a pattern that tells it apart without. */
import type { KnownStatus } from "../../../../shared/status/statuses.ts";
import { type Grid, statusOf } from "./cells.ts";

/** CSS colours. */
export interface Colours {
  of(status: KnownStatus): string;
  ground: string;
  text: string;
}

/** What is not looked for stays to be seen behind what is. */
const ASIDE = 0.25;

/** @param at the item that is chosen @param ratio pixels of the screen to one of CSS */
export function draw(
  canvas: HTMLCanvasElement,
  { items, grid, at, onlyFailed }: { items: string; grid: Grid; at: number; onlyFailed: boolean },
  colours: Colours,
  ratio: number,
): void {
  const { cell, columns, rows } = grid;
  canvas.width = columns * cell * ratio;
  canvas.height = rows * cell * ratio;
  const pen = canvas.getContext("2d");
  if (pen === null) return;
  pen.scale(ratio, ratio);
  const size = cell - (cell > 8 ? 2 : 1);
  for (let index = 0; index < items.length; index++) {
    const status = statusOf(items[index]);
    const [x, y] = [(index % columns) * cell, Math.floor(index / columns) * cell];
    pen.globalAlpha = onlyFailed && status !== "failed" ? ASIDE : 1;
    pen.fillStyle = pen.strokeStyle = colours.of(status);
    drawCell(pen, status, x, y, size, colours.ground);
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = colours.text;
  pen.lineWidth = 2;
  pen.strokeRect((at % columns) * cell, Math.floor(at / columns) * cell, size, size);
}

function drawCell(
  pen: CanvasRenderingContext2D,
  status: KnownStatus,
  x: number,
  y: number,
  size: number,
  ground: string,
): void {
  const third = size / 3;
  switch (status) {
    case "success":
      pen.fillRect(x, y, size, size);
      return;
    case "failed":
      pen.fillRect(x, y, size, size);
      pen.strokeStyle = ground;
      pen.lineWidth = Math.max(1, size / 7);
      pen.beginPath();
      pen.moveTo(x + 1, y + 1);
      pen.lineTo(x + size - 1, y + size - 1);
      pen.moveTo(x + size - 1, y + 1);
      pen.lineTo(x + 1, y + size - 1);
      pen.stroke();
      return;
    case "running":
      pen.lineWidth = Math.max(1, size / 5);
      pen.strokeRect(x + pen.lineWidth / 2, y + pen.lineWidth / 2, size - pen.lineWidth, size - pen.lineWidth);
      return;
    case "skipped":
      pen.fillRect(x, y + third, size, third);
      return;
    default:
      pen.fillRect(x + third, y + third, third, third);
  }
}
