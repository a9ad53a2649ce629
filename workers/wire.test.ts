import { expect, test } from "bun:test";
import type { Advanced } from "./advance.ts";
import { packResults, unpackResults } from "./wire.ts";

test("results of every kind come out as they went in, each with its own texts", () => {
  const results: Advanced[] = [
    { entries: "[]", effect: false, next: { kind: "end", status: "success", error: null, stepResults: '{"a":1}' } },
    { entries: '[["0",{}]]', effect: true, next: { kind: "sleep", wakeAt: 12 } },
    { entries: '[["1","\\" ünï"]]', effect: true, next: { kind: "effect" } },
    { entries: "[]", effect: true, next: { kind: "end", status: "failed", error: "no", stepResults: '{"b":"\\"🚚"}' } },
    { entries: '[["2",{}]]', effect: false, next: { kind: "again" } },
  ];
  expect(unpackResults(packResults(results))).toEqual(results);
  expect(unpackResults(packResults([]))).toEqual([]);
});
