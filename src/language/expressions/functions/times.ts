/** Functions of timestamps and durations. */
import { type Budget, fail } from "../cost.ts";
import { expected, type Functions, method, plain, textOf, wholeOf } from "../signature.ts";
import { clocksOf, durationOf, parseDuration, parseTimestamp } from "../values/moments.ts";
import { Duration, NANOSECONDS, Timestamp, type Value } from "../values/values.ts";

const MINUTE = 60n * NANOSECONDS;
const HOUR = 60n * MINUTE;
const MILLISECOND = NANOSECONDS / 1000n;
const DAY = 24 * 60 * 60 * 1000;

/** Of a timestamp or duration from its text. */
const COST_OF_TIME = 20;

export const TIMES: Functions = {
  timestamp: plain(1, "other", ([value], budget) => {
    budget.spend(COST_OF_TIME);
    if (value instanceof Timestamp) return value;
    return typeof value === "string" ? parseTimestamp(value) : new Timestamp(BigInt(wholeOf(value)) * NANOSECONDS);
  }),
  duration: plain(1, "other", ([value], budget) => {
    budget.spend(COST_OF_TIME);
    if (value instanceof Duration) return value;
    if (typeof value === "number" || typeof value === "bigint") return durationOf(value);
    return parseDuration(textOf(value));
  }),
  getFullYear: part((clocks) => clocks.getUTCFullYear()),
  getMonth: part((clocks) => clocks.getUTCMonth()),
  getDate: part((clocks) => clocks.getUTCDate()),
  getDayOfMonth: part((clocks) => clocks.getUTCDate() - 1),
  getDayOfWeek: part((clocks) => clocks.getUTCDay()),
  getDayOfYear: part((clocks) => {
    const first = new Date(clocks);
    first.setUTCMonth(0, 1);
    return Math.round((clocks.getTime() - first.getTime()) / DAY);
  }),
  getHours: part((clocks) => clocks.getUTCHours(), HOUR),
  getMinutes: part((clocks) => clocks.getUTCMinutes(), MINUTE),
  getSeconds: part((clocks) => clocks.getUTCSeconds(), NANOSECONDS),
  getMilliseconds: part((clocks) => clocks.getUTCMilliseconds(), MILLISECOND),
};

/** A part of a timestamp, in UTC or in a zone; or how often a unit of so many nanoseconds goes into a duration. */
function part(read: (clocks: Date) => number, unit?: bigint) {
  return method([0, 1], "other", ([receiver, zone]: Value[], budget: Budget): Value => {
    if (receiver instanceof Timestamp) {
      return BigInt(read(clocksOf(receiver, zone === undefined ? undefined : textOf(zone), budget)));
    }
    if (!(receiver instanceof Duration) || unit === undefined) return expected("a timestamp", receiver);
    if (zone !== undefined) return fail("A duration has no time zone");
    return unit === MILLISECOND ? (receiver.nanoseconds % NANOSECONDS) / unit : receiver.nanoseconds / unit;
  });
}
