import { expect, test } from "bun:test";
import type { Advanced } from "./port.ts";
import { type EffectResult, packEffects, packResults, unpackEffects, unpackResults } from "./wire.ts";

const RESULTS: Advanced[] = [
  {
    seq: 0,
    entries: "[]",
    mustSave: false,
    next: { kind: "end", status: "success", error: null, stepResults: '{"a":1}' },
  },
  { seq: 0, entries: '[["0",{}]]', mustSave: true, next: { kind: "wait", ready: [], wakeAt: 12, hasEffects: true } },
  {
    seq: 3,
    entries: '[["1","\\" ünï"]]',
    mustSave: true,
    next: {
      kind: "wait",
      ready: [
        { path: "1", host: "a.example:80" },
        { path: "2/0/0", host: null },
      ],
      wakeAt: null,
      hasEffects: true,
    },
  },
  {
    seq: 0,
    entries: "[]",
    mustSave: true,
    next: { kind: "end", status: "failed", error: "no", stepResults: '{"b":"\\"🚚"}' },
  },
  { seq: 0, entries: '[["2",{}]]', mustSave: false, unexpected: "thrown", next: { kind: "again" } },
];

test("results of every kind come out as they went in, each with its own texts", () => {
  const results = [
    ...RESULTS.map((advanced) => ({ kind: "advanced", advanced }) as const),
    { kind: "missing" } as const,
  ];
  expect(unpackResults(packResults(results))).toEqual(results);
  expect(unpackResults(packResults([]))).toEqual([]);
});

test("so do those of effects, with what was not executed between them", () => {
  const results = RESULTS.flatMap((advanced, index): EffectResult[] => [
    { id: 7, index, kind: "advanced", advanced },
    { id: 8, index, kind: index % 2 === 0 ? "joined" : "late" },
    { id: 9, index, kind: "failed", message: 'with "quotes"' },
    { id: 9, index: 100 + index, kind: "missing" },
  ]);
  expect(unpackEffects(packEffects(results))).toEqual(results);
  expect(unpackEffects(packEffects([]))).toEqual([]);
});
