/** A text as it is: in rows that come to the whole of it, in which any part is found. */
import { expect, test } from "bun:test";
import { JsonDocument } from "../document.ts";

test("a JSON text is shown as it was written, however that was", () => {
  const text = '{ "b": 1.0,\n"a": "x" }';
  const document = new JsonDocument(text);
  const folded = document.rows(0, 10);
  document.raw(true, null);
  expect(document.rows(0, 10)).toMatchObject({ count: 2, rows: [{ text: '{ "b": 1.0,' }, { text: '"a": "x" }' }] });
  document.raw(false, null);
  expect(document.rows(0, 10)).toEqual(folded);
});

test("a long line takes several rows, and what lies across two of them is found", () => {
  const text = `${"x".repeat(118)}NEEDLE${"y".repeat(300)}\n\nneedle [a-z] end`;
  const document = new JsonDocument(text);
  document.raw(true, null);
  const { count, rows } = document.rows(0, 100);
  expect(count).toBe(rows.length);
  expect(rows.map((row) => row.text).join("")).toBe(text.replaceAll("\n", ""));
  expect(document.find("needle")).toBe(2);
  expect([0, 1].map((place) => document.reveal(place))).toEqual([0, count - 1]);
  expect(document.find("[A-Z] END")).toBe(1);
  expect(document.reveal(0)).toBe(count - 1);
  expect(document.find("[a-z]+")).toBe(0);
});

test("of many rows those are given that are asked for", () => {
  const document = new JsonDocument(Array.from({ length: 9000 }, (_, index) => `line ${index}`).join("\n"));
  document.raw(true, null);
  expect(document.rows(8998, 50)).toMatchObject({ count: 9000, rows: [{ text: "line 8998" }, { text: "line 8999" }] });
});
