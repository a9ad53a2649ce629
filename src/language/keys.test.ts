import { expect, test } from "bun:test";
import { keyOf } from "./keys.ts";

const PAYLOAD = { n: 1, text: "1", list: [{ a: null }], "a b": "x" };

test("values that differ have different keys, and the same value the same", () => {
  const templates = [
    "",
    "a",
    "${payload.n}",
    "${payload.text}",
    "x${payload.n}",
    "${{ payload.n + 1 }}",
    '${payload["a b"]}',
  ];
  const keys = [...templates, "${payload.list[0].a}", "${payload.n}${payload.text}"].map((one) => keyOf(one, PAYLOAD));
  for (const key of keys) expect(key).toContainKey("key");
  expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(keys.length);
  expect(keyOf("${ payload.n }", { n: 1 })).toEqual(keyOf("${payload.n}", { n: 1, more: 2 }));
});

test("what leads nowhere, or can't be computed, is said", () => {
  const faults = [
    "${payload.no}",
    "${payload.list[9]}",
    "${other}",
    "${payload.toString}",
    "${{ payload.no }}",
    "${{ 1 + }}",
  ];
  for (const template of faults)
    expect([template, keyOf(template, PAYLOAD)]).toEqual([template, { fault: expect.stringMatching(/\S/) }]);
});
