import { expect, test } from "bun:test";
import { Viewport } from "./viewport.ts";

const WIDE = { x: 0, y: 0, width: 900, height: 300 };

/** A window of this width on a drawing of 900. */
function viewportOf(width: number): Viewport {
  const viewport = new Viewport();
  viewport.takes(WIDE);
  viewport.resize(width, 400);
  return viewport;
}

/** Where the drawing reaches from and to, in pixels of the window. */
function across({ look }: Viewport): [from: number, to: number] {
  const { x, scale } = look.value;
  return [x, x + WIDE.width * scale];
}

test("what nobody has moved is placed again for a window that gets narrower, and wider", () => {
  const viewport = viewportOf(1000);
  expect(across(viewport)).toEqual([50, 950]);
  viewport.resize(700, 400);
  expect(across(viewport).map(Math.round)).toEqual([28, 672]);
  viewport.resize(1000, 400);
  expect(across(viewport)).toEqual([50, 950]);
});

test("it is placed from its top on, wherever that is", () => {
  const viewport = viewportOf(1000);
  viewport.takes({ ...WIDE, y: -50, height: 350 });
  for (const place of [() => viewport.begin(), () => viewport.fit()]) {
    place();
    const { y, scale } = viewport.look.value;
    expect(y - 50 * scale).toBeCloseTo(28);
  }
});

test("what was fitted stays fitted", () => {
  const viewport = viewportOf(1000);
  viewport.fit();
  viewport.resize(300, 400);
  expect(across(viewport).map(Math.round)).toEqual([28, 272]);
});

test("what somebody has moved or scaled keeps its place, and some of it stays in view", () => {
  const viewport = viewportOf(1000);
  viewport.zoom(0.5);
  viewport.pan(400, 0);
  const before = viewport.look.value;
  viewport.resize(950, 400);
  expect(viewport.look.value).toEqual(before);
  viewport.resize(300, 400);
  expect(viewport.look.value.scale).toBe(before.scale);
  expect(across(viewport)[0]).toBeLessThanOrEqual(300);
});

test("what the keyboard brings into view is no move of the reader's", () => {
  const viewport = viewportOf(500);
  viewport.reveal({ x: 800, y: 0, width: 100, height: 40 });
  viewport.resize(1000, 400);
  expect(across(viewport)).toEqual([50, 950]);
});
