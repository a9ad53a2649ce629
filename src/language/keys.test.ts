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
    // What is no index of a list leads to none of its elements, as everywhere.
    '${payload.list[""]}',
    "${payload.list.00}",
    "${payload.list.0x0}",
    "${payload.list[0].a.b}",
    "${other}",
    "${payload.toString}",
    "${{ payload.no }}",
    "${{ 1 + }}",
  ];
  for (const template of faults)
    expect([template, keyOf(template, PAYLOAD)]).toEqual([template, { fault: expect.stringMatching(/\S/) }]);
});

test("all of a key has one bound on what it costs and on how large it is", () => {
  const dear = "${{ range(200).all(x, range(200).size() > 0) }}";
  expect(keyOf(dear, PAYLOAD)).toContainKey("key");
  expect(keyOf(dear.repeat(80), PAYLOAD)).toEqual({ fault: "It costs too much" });
  const payload = { text: "x".repeat(1024 * 1024) };
  expect(keyOf("${payload}", payload)).toContainKey("key");
  expect(keyOf("${payload}".repeat(3), payload)).toEqual({ fault: "its values are over 2 MiB" });
});
