/** How much room the parts of a drawing take, each measured once. */
import type { DrawnList, DrawnStep } from "./steps.ts";

export const BOX_WIDTH = 216;
export const BOX_HEIGHT = 52;
/** Between steps that follow one another, and above and below lists. */
export const GAP = 28;
export const PADDING = 16;
/** Between lists beside one another. */
export const BESIDE = 24;
export const LABEL_HEIGHT = 22;
/** Between a step and its handlers. */
export const ASIDE = 40;

/** What a part takes up, to both sides of the line on which one comes in and goes out. */
export interface Size {
  left: number;
  right: number;
  height: number;
}

const LEAF: Size = { left: BOX_WIDTH / 2, right: BOX_WIDTH / 2, height: BOX_HEIGHT };

export class Sizes {
  readonly #known = new Map<DrawnStep, Size>();
  readonly #isOpen: (step: DrawnStep) => boolean;

  constructor(isOpen: (step: DrawnStep) => boolean) {
    this.#isOpen = isOpen;
  }

  isOpen(step: DrawnStep): boolean {
    return step.lists.length > 0 && this.#isOpen(step);
  }

  ofSequence(steps: readonly DrawnStep[]): Size {
    const size = { ...LEAF, height: steps.length === 0 ? 0 : GAP * (steps.length - 1) };
    for (const step of steps) {
      const { left, right, height } = this.of(step);
      size.left = Math.max(size.left, left);
      size.right = Math.max(size.right, right);
      size.height += height;
    }
    return size;
  }

  /** Of a step with all that is shown of it: what it holds, and its handlers. */
  of(step: DrawnStep): Size {
    const known = this.#known.get(step);
    if (known !== undefined) return known;
    const own = this.isOpen(step) ? this.ofFrame(step) : LEAF;
    const size = step.handlers.length === 0 ? own : this.#withHandlers(own, step.handlers);
    this.#known.set(step, size);
    return size;
  }

  /** Around a step and what it holds. */
  ofFrame({ lists }: DrawnStep): Size {
    const { width, height } = this.ofLists(lists);
    const half = Math.max(BOX_WIDTH, width) / 2 + PADDING;
    return { left: half, right: half, height: BOX_HEIGHT + GAP + height + PADDING };
  }

  /** Of lists beside one another. */
  ofLists(lists: readonly DrawnList[]): { width: number; height: number } {
    const size = { width: BESIDE * (lists.length - 1), height: 0 };
    for (const { steps } of lists) {
      const { left, right, height } = this.ofSequence(steps);
      size.width += left + right;
      size.height = Math.max(size.height, height);
    }
    // Above them the lines part, and below they come together.
    if (hasLabels(lists)) size.height += LABEL_HEIGHT + GAP;
    return size;
  }

  #withHandlers(own: Size, handlers: readonly DrawnList[]): Size {
    const { width, height } = this.ofLists(handlers);
    return {
      left: own.left,
      right: own.right + ASIDE + width,
      height: Math.max(own.height + PADDING, BOX_HEIGHT / 2 + height),
    };
  }
}

/** Whether lists say what they are. One that stands alone, such as that of a block, has nothing to say. */
export function hasLabels(lists: readonly DrawnList[]): boolean {
  return lists.length > 1 || lists.some(({ label }) => label !== "");
}
