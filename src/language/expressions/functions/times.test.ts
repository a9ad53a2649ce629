import { describe, expect, test } from "bun:test";
import type { Json } from "../../../schemas/json/json.ts";
import { errorOf, given } from "../expressions.fixture.ts";

const CONTEXT = { at: "2026-03-29T01:30:00.250+01:00", seconds: 90.5 };

const GIVES: [expression: string, value: Json][] = [
  ["timestamp(at)", "2026-03-29T00:30:00.250+00:00"],
  ["timestamp('2026-11-28T08:00:00.123456789Z')", "2026-11-28T08:00:00.123456789+00:00"],
  ["timestamp('1969-12-31T23:59:59.999999999Z')", "1969-12-31T23:59:59.999999999+00:00"],
  [
    "[string(timestamp(at)), string(timestamp(0)), timestamp(timestamp(0)) == timestamp(0)]",
    ["2026-03-29T00:30:00.25Z", "1970-01-01T00:00:00Z", true],
  ],
  ["[int(timestamp('1969-12-31T23:59:59.5Z')), int(timestamp('1970-01-01T00:00:01.5Z'))]", [-1, 1]],
  ["timestamp(at) + duration('1h30m') - duration('-1s')", "2026-03-29T02:00:01.250+00:00"],
  ["timestamp(at) - timestamp('2026-03-29T00:00:00Z')", 1800.25],
  [
    "[timestamp(at) < timestamp(0), duration('1m') > duration('59s'), duration('60s') == duration('1m')]",
    [false, true, true],
  ],
  [
    "[duration('1h1m1s1ms1us1ns'), duration('-1.5s'), duration(seconds), duration('0'), duration(3)]",
    [3661.001001001, -1.5, 90.5, 0, 3],
  ],
  ["[string(duration('90m')), int(duration('90.9s')), double(duration('1500ms'))]", ["5400s", 90, 1.5]],
  [
    "[timestamp(at).getFullYear(), timestamp(at).getMonth(), timestamp(at).getDate(), timestamp(at).getDayOfMonth()]",
    [2026, 2, 29, 28],
  ],
  ["[timestamp(at).getDayOfWeek(), timestamp(at).getDayOfYear()]", [0, 87]],
  [
    "[timestamp(at).getHours(), timestamp(at).getMinutes(), timestamp(at).getSeconds(), timestamp(at).getMilliseconds()]",
    [0, 30, 0, 250],
  ],
  // The clocks of Berlin go forward at one hour after midnight in UTC.
  ["[timestamp(at).getHours('Europe/Berlin'), (timestamp(at) + duration('1h')).getHours('Europe/Berlin')]", [1, 3]],
  [
    "[timestamp(at).getHours('-02:30'), timestamp(at).getDate('-02:30'), timestamp(at).getMinutes('05:45')]",
    [22, 28, 15],
  ],
  ["[timestamp('0001-01-01T00:00:00Z').getFullYear(), timestamp('9999-12-31T23:59:59Z').getDayOfYear()]", [1, 364]],
  [
    "[duration('90m').getHours(), duration('90m').getMinutes(), duration('1.5s').getSeconds(), duration('1.5s').getMilliseconds()]",
    [1, 90, 1, 500],
  ],
  ["string(timestamp('2024-02-29T12:00:00+14:00'))", "2024-02-28T22:00:00Z"],
];

describe("gives", () => {
  for (const [expression, value] of GIVES) {
    test(expression, () => expect(given(expression, CONTEXT)).toEqual(value));
  }
});

const NOT_A_TIME = "timestamp: A timestamp is written such as 2026-11-28T08:00:00Z, with its offset";
const FAILS: [expression: string, error: string][] = [
  ["timestamp('2026-11-28T08:00:00')", NOT_A_TIME],
  ["timestamp('2026-11-28')", NOT_A_TIME],
  ["timestamp('2026-02-30T08:00:00Z')", NOT_A_TIME],
  ["timestamp('2025-02-29T08:00:00Z')", NOT_A_TIME],
  ["timestamp('2026-13-29T08:00:00Z')", NOT_A_TIME],
  ["timestamp('2026-00-31T08:00:00Z')", NOT_A_TIME],
  ["timestamp('2026-01-32T08:00:00Z')", NOT_A_TIME],
  ["timestamp('2026-11-28T24:00:00Z')", NOT_A_TIME],
  ["timestamp('2026-11-28T08:00:61Z')", NOT_A_TIME],
  ["timestamp(1.5)", "timestamp: Expected a whole number"],
  ["timestamp(253402300800)", "timestamp: A timestamp lies in the years 1 to 9999"],
  ["timestamp(0) - duration('999999h') * 2", "`*` does not take a duration and an int"],
  ["timestamp('9999-12-31T23:59:59Z') + duration('1s')", "A timestamp lies in the years 1 to 9999"],
  ["duration('1 h')", "duration: A duration is written such as 1h30m or 1.5s"],
  ["duration('PT1H')", "duration: A duration is written such as 1h30m or 1.5s"],
  ["duration(1e300)", "duration: A duration is at most 10,000 years"],
  ["duration(at + 'Z')", "duration: A duration is written such as 1h30m or 1.5s"],
  ["timestamp(at).getHours('Berlin')", "getHours: There is no such time zone"],
  ["duration('1h').getHours('UTC')", "getHours: A duration has no time zone"],
  ["duration('1h').getMonth()", "getMonth: Expected a timestamp, not a duration"],
  ["at.getHours()", "getHours: Expected a timestamp, not a string"],
];

describe("fails", () => {
  for (const [expression, error] of FAILS) {
    test(expression, () => expect(errorOf(expression, CONTEXT)).toBe(error));
  }
});
