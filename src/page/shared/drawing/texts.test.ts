import { expect, test } from "bun:test";
import { countsText, shortened } from "./texts.ts";

test("texts are cut where there is no more room", () => {
  expect(shortened("charge", 6)).toBe("charge");
  expect(shortened("charge it", 6)).toBe("charge…");
  expect(shortened("注文を同期する", 6)).toBe("注文を…");
  expect(shortened("mammoth", 6)).toBe("mam…");
  expect(shortened("a\nb\tc", 6)).toBe("a b c");
  expect(shortened("x".repeat(10_000), 1_000)).toHaveLength(401);
});

test("marks piled on a letter are left out", () => {
  expect(shortened(`a${"\u0301".repeat(200)}b`, 6)).toBe("a\u0301\u0301b");
});

test("counts say what there is", () => {
  expect(countsText({ success: 9988, failed: 11, running: 0 })).toBe("9,988 success, 11 failed");
});
