/** What of a drawing is looked at: moved and scaled. */
import { type Signal, signal } from "@preact/signals";
import type { Area } from "./layout.ts";

/** How the drawing is mapped: a point at (a, b) of it is shown at (x + a × scale, y + b × scale). */
export interface Look {
  x: number;
  y: number;
  scale: number;
}

const MIN_SCALE = 0.05;
const MAX_SCALE = 2;
/** A drawing that is too wide begins no smaller than this, so that one can read it. */
const MIN_FIRST_SCALE = 0.6;
/** Pixels around what is shown at first, and what of a drawing always stays in the window. */
const MARGIN = 28;

export class Viewport {
  readonly look: Signal<Look> = signal({ x: 0, y: 0, scale: 1 });
  readonly size: Signal<{ width: number; height: number }> = signal({ width: 0, height: 0 });
  #area: Area = { x: 0, y: 0, width: 0, height: 0 };
  /** How the drawing was placed, until somebody moves or scales it. */
  #placed: "begin" | "fit" | null = "begin";

  /** Takes the size of the window. The drawing is placed for it again, unless somebody has moved it: then some of it stays in view. */
  resize(width: number, height: number): void {
    const isSame = width === this.size.value.width && height === this.size.value.height;
    if (isSame || width === 0) return;
    this.size.value = { width, height };
    if (this.#placed === "begin") this.begin();
    else if (this.#placed === "fit") this.fit();
    else this.#lookFrom(this.look.value.x, this.look.value.y, this.look.value.scale);
  }

  /** What is drawn, as far as it reaches. What is looked at stays. */
  takes(area: Area): void {
    this.#area = area;
  }

  /** What is looked at, in the coordinates of the drawing. */
  get window(): Area {
    const { x, y, scale } = this.look.value;
    const { width, height } = this.size.value;
    return { x: -x / scale, y: -y / scale, width: width / scale, height: height / scale };
  }

  /** The begin of the workflow, at a size that can be read. */
  begin(): void {
    const fitting = (this.size.value.width - 2 * MARGIN) / this.#area.width;
    this.#placed = "begin";
    this.#place(Math.min(1, Math.max(MIN_FIRST_SCALE, fitting)));
  }

  /** All of it, as far as that can be. */
  fit(): void {
    const { width, height } = this.size.value;
    const across = (width - 2 * MARGIN) / this.#area.width;
    const down = (height - 2 * MARGIN) / this.#area.height;
    this.#placed = "fit";
    this.#place(Math.min(1, Math.max(MIN_SCALE, Math.min(across, down))));
  }

  /** Moves by so many pixels, as far as something is left to see. */
  pan(dx: number, dy: number): void {
    this.#placed = null;
    this.#move(dx, dy);
  }

  /** Scales around a point of the window. */
  zoom(factor: number, at = { x: this.size.value.width / 2, y: this.size.value.height / 2 }): void {
    const { x, y, scale } = this.look.value;
    this.#placed = null;
    const next = Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale * factor));
    this.#lookFrom(at.x - ((at.x - x) * next) / scale, at.y - ((at.y - y) * next) / scale, next);
  }

  /** Moves no further than needed for an area to be in the window. */
  reveal(area: Area): void {
    const { x, y, scale } = this.look.value;
    const { width, height } = this.size.value;
    if (width === 0) return;
    const dx = missing(x + area.x * scale, x + (area.x + area.width) * scale, width);
    const dy = missing(y + area.y * scale, y + (area.y + area.height) * scale, height);
    if (dx !== 0 || dy !== 0) this.#move(dx, dy);
  }

  #move(dx: number, dy: number): void {
    const { x, y, scale } = this.look.value;
    this.#lookFrom(x + dx, y + dy, scale);
  }

  #place(scale: number): void {
    const { width } = this.size.value;
    const middle = this.#area.x + this.#area.width / 2;
    // The first step is in the middle, unless the drawing then reaches out where all of it had room.
    // By less than a pixel: one that was scaled to fit may be too wide by a part that numbers lose.
    const fits = this.#area.width * scale < width - 2 * MARGIN + 1;
    this.look.value = { x: width / 2 - (fits ? middle * scale : 0), y: MARGIN - this.#area.y * scale, scale };
  }

  #lookFrom(x: number, y: number, scale: number): void {
    const { width, height } = this.size.value;
    const [left, top] = [this.#area.x * scale, this.#area.y * scale];
    this.look.value = {
      x: clamp(x, MARGIN - left - this.#area.width * scale, width - MARGIN - left),
      y: clamp(y, MARGIN - top - this.#area.height * scale, height - MARGIN - top),
      scale,
    };
  }
}

/** How far a stretch has to move to be within a length; of one that is too long its begin counts. */
function missing(start: number, end: number, length: number): number {
  if (start < MARGIN) return MARGIN - start;
  if (end > length - MARGIN) return Math.max(length - MARGIN - end, MARGIN - start);
  return 0;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
