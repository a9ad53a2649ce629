import { expect, test } from "bun:test";
import type { Progress } from "../port.ts";
import { packWrite, unpackWrite } from "./wire.ts";

test("a save comes out as it went in, each ended run with its own results", () => {
  const base = { namespace: "default", token: 1, seq: 0, crashes: 0 };
  const argument: Progress[] = [
    { ...base, uuid: "a", entries: "[1]", next: { kind: "hold" } },
    {
      ...base,
      uuid: "b",
      entries: null,
      next: { kind: "end", status: "success", error: null, stepResults: '{"x":1}' },
    },
    { ...base, uuid: "c", entries: null, next: { kind: "due", dueAt: 5 } },
    {
      ...base,
      uuid: "d",
      entries: null,
      next: { kind: "end", status: "failed", error: "e", stepResults: '{"y":"🚚"}' },
    },
  ];
  const before = JSON.stringify(argument);
  expect(unpackWrite(packWrite({ id: 7, name: "saveProgress", argument }))).toEqual({
    id: 7,
    name: "saveProgress",
    argument,
  });
  // Packing leaves what was given as it is: a save that fails is sent again.
  expect(JSON.stringify(argument)).toBe(before);
});

test("any other write does, too", () => {
  const write = { id: 8, name: "recordHealth", argument: "ok" } as const;
  expect(unpackWrite(packWrite(write))).toEqual(write);
});
