import { describe, expect, test } from "bun:test";
import type { RequestFault } from "../../errors.ts";
import { MAX_FAULTS } from "./json.ts";
import { shownFaults } from "./shown-faults.ts";

const LIMIT = 16 * 1024;

function fault(...path: (string | number)[]): RequestFault {
  return { loc: ["body", ...path], msg: "Field required", type: "missing" };
}

function bytes(faults: RequestFault[]): number {
  return Buffer.byteLength(JSON.stringify({ detail: faults, code: "validation_failed", request_id: "x".repeat(128) }));
}

test("a few faults are shown as they are", () => {
  const faults = [fault("name"), fault("steps", 0, "config", "ünï 🚚"), fault(...Array(64).fill(0))];
  expect(shownFaults(faults)).toEqual(faults);
});

test("a long key and message are cut, not in the middle of a character", () => {
  const shown = shownFaults([{ ...fault("a".repeat(63) + "🚚".repeat(500_000)), msg: "🚚".repeat(500_000) }]);
  expect(shown).toEqual([{ loc: ["body", `${"a".repeat(63)}…`], msg: `${"🚚".repeat(250)}…`, type: "missing" }]);
});

test("a long path is cut", () => {
  const [shown] = shownFaults([fault(...Array(1_000).fill("key"))]);
  expect(shown?.loc.slice(0, 3)).toEqual(["body", "key", "key"]);
  expect(shown?.loc.at(-1)).toBe("…");
  expect(bytes(shown === undefined ? [] : [shown])).toBeLessThan(2_000);
});

describe("as many as fit", () => {
  const kinds: { title: string; key: string }[] = [
    { title: "long keys", key: "k".repeat(1_000_000) },
    { title: "keys of three bytes a character", key: "工".repeat(1_000) },
    { title: "keys that JSON escapes", key: "\u0001".repeat(1_000) },
    { title: "lone surrogates", key: "\ud800".repeat(1_000) },
    { title: "short keys", key: "k" },
  ];
  for (const { title, key } of kinds) {
    test(`of ${title} are shown, and how many are not`, () => {
      for (const depth of [1, 60, 1_000]) {
        for (const count of [MAX_FAULTS - 1, MAX_FAULTS]) {
          const faults = Array.from({ length: count }, (_, index) => fault(...Array(depth).fill(key), index));
          const shown = shownFaults(faults);
          expect(bytes(shown)).toBeLessThan(LIMIT);
          const last = shown.at(-1);
          if (count < MAX_FAULTS && shown.length === count) continue;
          const hidden = count - (shown.length - 1);
          const more = hidden === 0 ? "There may be more faults" : `${hidden} more faults are not shown`;
          expect(last).toEqual({ loc: ["body"], msg: expect.stringContaining(more), type: "faults_not_shown" });
          expect(last?.msg.startsWith("At least")).toBe(hidden > 0 && count === MAX_FAULTS);
        }
      }
    });
  }
});

test("the faults of a thousand answers in one are a part of it each", () => {
  const messages = ["Field required", "🚚".repeat(500), "\u0001".repeat(500)];
  for (const msg of messages) {
    for (const key of ["order_id", "k".repeat(1_000_000), "\u0001".repeat(1000)]) {
      const faults = Array.from({ length: MAX_FAULTS }, (_, index) => ({ ...fault("triggers", 999, key, index), msg }));
      const shown = Array.from({ length: 1000 }, () => shownFaults(faults, 1000));
      expect(bytes(shown.flat())).toBeLessThan(600 * 1024);
      // Each says what is wrong with it, and how much is left out.
      expect(shown.every((one) => one.length > 1 && one.at(-1)?.type === "faults_not_shown")).toBe(true);
      expect(shown.every(([first]) => first?.type === "missing" && first.msg.startsWith(msg.slice(0, 14)))).toBe(true);
    }
  }
  const short = [{ ...fault("triggers", 999, "payload", "order_id"), msg: "Input should be a valid integer" }];
  expect(shownFaults(short, 1000)).toEqual(short);
  expect(shownFaults([fault("🚚".repeat(1000), ...Array(64).fill("key"))], 1000)).toHaveLength(1);
});
