/** Words are read at 4.5:1 and marks seen at 3:1 at least, in both themes, on everything that they stand on. */
import { expect, test } from "bun:test";
import { join } from "node:path";

const TEXT = await Bun.file(join(import.meta.dir, "tokens.css")).text();
const COLOURS = new Map(
  [...TEXT.matchAll(/--([\w-]+): light-dark\(#([\da-f]{6}), #([\da-f]{6})\)/g)].map(([, name = "", light, dark]) => [
    name,
    { light, dark },
  ]),
);
const STATUSES = ["success", "failed", "running", "pending", "paused", "cancelled", "skipped", "unknown"];
const GROUNDS = ["ground", "surface", "raised", "sunken", "hover", "chosen"];
const WORDS = ["text", "soft", "accent", ...STATUSES, "json-key", "json-text", "json-number", "json-word"];
const TINTED = ["success", "failed", "running", "pending", "paused", "cancelled"];

for (const theme of ["light", "dark"] as const) {
  test(`words are read, ${theme}`, () => {
    const pairs = [
      ...WORDS.flatMap((word) => GROUNDS.map((ground) => [word, ground] as const)),
      ...TINTED.flatMap((status) => [status, "text", "soft"].map((word) => [word, `${status}-tint`] as const)),
      ["on-accent", "accent"] as const,
    ];
    expect(below(4.5, pairs, theme)).toEqual([]);
  });

  test(`edges and the focus are seen, ${theme}`, () => {
    const pairs = ["edge", "focus"].flatMap((mark) =>
      ["ground", "surface", "raised", "hover"].map((ground) => [mark, ground] as const),
    );
    expect(below(3, pairs, theme)).toEqual([]);
  });
}

test("the formula is that of WCAG", () => {
  expect(ratio("000000", "ffffff")).toBe(21);
  expect(ratio("777777", "ffffff")).toBeCloseTo(4.48, 2);
});

function below(least: number, pairs: (readonly [string, string])[], theme: "light" | "dark"): string[] {
  return pairs.flatMap(([front, ground]) => {
    const found = ratio(colour(front, theme), colour(ground, theme));
    return found < least ? [`--${front} on --${ground}: ${found.toFixed(2)}`] : [];
  });
}

function colour(name: string, theme: "light" | "dark"): string {
  const found = COLOURS.get(name)?.[theme];
  if (found === undefined) throw new Error(`tokens.css has no --${name} for both themes`);
  return found;
}

function ratio(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
