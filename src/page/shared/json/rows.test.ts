import { describe, expect, test } from "bun:test";
import type { Key } from "./nodes.ts";
import { JsonRows } from "./rows.ts";
import { placesOf } from "./search.ts";

const shown = (rows: JsonRows) =>
  rows.from(0, rows.count).map(({ depth, key, text, size }) => `${" ".repeat(depth)}${key ?? ""}: ${text}${size}`);

describe("rows", () => {
  test("two levels are open at first", () => {
    expect(shown(new JsonRows({ a: { b: { c: 1 }, d: [] }, e: null, f: "x", g: true, h: 1.5 }))).toEqual([
      ": {5}",
      " a: {2}",
      "  b: {1}",
      "  d: [0]",
      " e: null",
      ' f: "x"',
      " g: true",
      " h: 1.5",
    ]);
  });

  test("open and close, and keep what is open within", () => {
    const rows = new JsonRows({ a: { b: { c: [1] } } });
    const at = (text: string) => rows.from(0, 99).find(({ key }) => key === text)?.id ?? -1;
    rows.toggle(at("b"));
    rows.toggle(at("c"));
    const all = [": {1}", " a: {1}", "  b: {1}", "   c: [1]", "    0: 1"];
    expect(shown(rows)).toEqual(all);
    rows.toggle(at("a"));
    expect(shown(rows)).toEqual(all.slice(0, 2));
    rows.toggle(at("a"));
    expect(shown(rows)).toEqual(all);
    rows.toggle(at("0"));
    expect(shown(rows)).toEqual(all);
  });

  test("100,000 entries are folded in hundreds of hundreds", () => {
    for (const value of [
      Array.from({ length: 100_000 }, (_, n) => n),
      Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`k${n}`, n])),
    ]) {
      const rows = new JsonRows(value);
      expect(rows.count).toBe(11);
      const path: Key[] = [Array.isArray(value) ? 54_321 : "k54321"];
      const row = rows.reveal(path);
      expect(rows.count).toBe(11 + 100 + 100);
      expect(rows.from(row, 1)).toMatchObject([{ key: String(path[0]), text: "54321", depth: 3 }]);
      expect(rows.pathOf(rows.from(row, 1)[0]?.id ?? -1)).toEqual(path);
    }
  });

  test("a range is copied as what it holds", () => {
    const rows = new JsonRows(Array.from({ length: 250 }, (_, n) => n));
    expect(rows.from(1, 9).map(({ key, size }) => [key, size])).toEqual([
      ["0 … 99", "100"],
      ["100 … 199", "100"],
      ["200 … 249", "50"],
    ]);
    expect(rows.valueOf(rows.from(3, 1)[0]?.id ?? -1)).toEqual(Array.from({ length: 50 }, (_, n) => n + 200));
  });

  test("a long text is cut, and opened in lines", () => {
    const rows = new JsonRows({ log: `${"a".repeat(300)}\nb` });
    expect(shown(rows)).toEqual([": {1}", ` log: "${"a".repeat(60)}…302 B`]);
    rows.toggle(1);
    expect(rows.from(2, 9).map(({ text }) => text)).toEqual(["a".repeat(120), "a".repeat(120), "a".repeat(60), "b"]);
    expect(rows.from(2, 9).every(({ kind, canOpen }) => kind === "line" && !canOpen)).toBe(true);
    // A short one with a line break is shown whole, and can be opened in lines.
    expect(new JsonRows("a\nb\tc").from(0, 1)).toMatchObject([{ text: '"a\\nb\\tc"', size: "5 B", canOpen: true }]);
  });

  test("the empty key is one, and not no key", () => {
    expect(new JsonRows({ "": 1 }).from(0, 2).map(({ key }) => key)).toEqual([null, ""]);
  });

  test("64 levels are revealed", () => {
    const path = Array.from({ length: 64 }, (_, n) => (n % 2 === 0 ? "a" : 0));
    const value = path.reduceRight<unknown>((inner, key) => (key === 0 ? [inner] : { a: inner }), "core");
    const rows = new JsonRows(value);
    expect(rows.reveal(path)).toBe(64);
    expect(rows.from(64, 1)).toMatchObject([{ text: '"core"', depth: 64 }]);
    expect(rows.reveal(["a", 1])).toBe(-1);
    expect(rows.reveal(["b"])).toBe(-1);
  });

  test("each row is the one at its number, however it was opened", () => {
    const rows = new JsonRows({ list: Array.from({ length: 300 }, (_, n) => ({ n })), text: "x\ny" });
    for (let at = 0; at < rows.count; at++) if (at % 3 === 0) rows.toggle(rows.from(at, 1)[0]?.id ?? -1);
    const all = rows.from(0, rows.count);
    expect(new Set(all.map(({ id }) => id)).size).toBe(rows.count);
    for (const [number, { id, kind }] of all.entries()) {
      if (kind !== "line" && kind !== "range") expect(rows.reveal(rows.pathOf(id))).toBe(number);
    }
  });
});

describe("search", () => {
  test("finds keys and values, whatever their case, in order", () => {
    const value = { Name: "Ada", list: [{ name: 1 }, "MY NAME", null], n: 12.5 };
    expect(placesOf("name", value)).toEqual([["Name"], ["list", 0, "name"], ["list", 1]]);
    expect(placesOf("2.5", value)).toEqual([["n"]]);
    expect(placesOf("NULL", value)).toEqual([["list", 2]]);
    expect(placesOf("", value)).toEqual([]);
  });

  test("lists no more than a thousand places", () => {
    expect(placesOf("a", new Array(5000).fill("a"))).toHaveLength(1000);
  });
});
