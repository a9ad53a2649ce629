import { expect, test } from "bun:test";
import { shareDescriptors } from "./descriptors.ts";

test("descriptors are shared out between effects, the process itself and connections", () => {
  const cases: [limit: number, effects: number, shares: { effects: number; crowded: number }][] = [
    [20_000, 2048, { effects: 2048, crowded: 17_888 }],
    [1024, 2048, { effects: 256, crowded: 704 }],
    [200, 256, { effects: 50, crowded: 100 }],
    [40, 256, { effects: 10, crowded: 20 }],
    [Number.POSITIVE_INFINITY, 256, { effects: 256, crowded: Number.POSITIVE_INFINITY }],
  ];
  for (const [limit, effects, shares] of cases) expect(shareDescriptors(effects, limit)).toEqual({ limit, ...shares });
});
