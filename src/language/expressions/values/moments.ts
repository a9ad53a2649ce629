/** Timestamps and durations: their texts and their parts. */
import { isoTime } from "../../../clock.ts";
import { type Budget, fail } from "../cost.ts";
import { Duration, NANOSECONDS, Timestamp } from "./values.ts";

const NANOSECONDS_OF: Record<string, bigint> = {
  h: 3600n * NANOSECONDS,
  m: 60n * NANOSECONDS,
  s: NANOSECONDS,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  ns: 1n,
};
const MILLISECOND = 1_000_000n;

/** A duration as CEL writes it: 1h30m, 1.5s, -250ms. */
export function parseDuration(text: string): Duration {
  const sign = text.startsWith("-") ? -1n : 1n;
  const parts = text.slice(/^[+-]/.test(text) ? 1 : 0);
  if (parts === "0") return new Duration(0n);
  if (text.length > 64 || !/^(?:\d+(?:\.\d*)?(?:h|ms|m|s|us|µs|ns))+$/.test(parts)) {
    return fail("A duration is written such as 1h30m or 1.5s");
  }
  let nanoseconds = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of parts.matchAll(/(\d+)(?:\.(\d*))?([hmsuµn]+)/g)) {
    const size = NANOSECONDS_OF[unit] ?? 0n;
    nanoseconds += BigInt(whole) * size + (BigInt(fraction || "0") * size) / 10n ** BigInt(fraction.length);
  }
  return new Duration(sign * nanoseconds);
}

/** A duration of so many seconds, which is how JSON has it. */
export function durationOf(seconds: number | bigint): Duration {
  if (typeof seconds === "bigint") return new Duration(seconds * NANOSECONDS);
  if (!Number.isFinite(seconds) || Math.abs(seconds) > 1e12) return fail("A duration is at most 10,000 years");
  const whole = Math.trunc(seconds);
  return new Duration(BigInt(whole) * NANOSECONDS + BigInt(Math.round((seconds - whole) * 1e9)));
}

export function secondsOf({ nanoseconds }: Duration): number {
  return Number(nanoseconds / NANOSECONDS) + Number(nanoseconds % NANOSECONDS) / 1e9;
}

const RFC_3339 = /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/;

/** A moment as RFC 3339 writes it, with its offset. */
export function parseTimestamp(text: string): Timestamp {
  const [, date = "", time = "", fraction = "", offset = ""] = RFC_3339.exec(text) ?? [];
  const milliseconds = Date.parse(`${date}T${time}${offset.toUpperCase()}`);
  if (Number.isNaN(milliseconds) || !isDay(date) || time > "23:59:59") {
    return fail("A timestamp is written such as 2026-11-28T08:00:00Z, with its offset");
  }
  return new Timestamp(BigInt(milliseconds) * MILLISECOND + BigInt(fraction.padEnd(9, "0")));
}

/** Date.parse takes the 31st of every month, and gives no day for one beyond it, or of a month that there is not. */
function isDay(date: string): boolean {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
}

/** As the API writes times, with more digits only where there are more. */
export function isoText(moment: Timestamp): string {
  const text = isoTime(millisecondsOf(moment));
  const fraction = fractionOf(moment);
  return fraction.length <= 3 ? text : text.replace(/\.\d+/, `.${fraction}`);
}

/** As CEL writes a moment: in UTC, with as many digits as there are. */
export function rfcText(moment: Timestamp): string {
  const fraction = fractionOf(moment);
  return `${isoTime(millisecondsOf(moment)).slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
}

function fractionOf({ nanoseconds }: Timestamp): string {
  const rest = BigInt.asIntN(64, nanoseconds % NANOSECONDS);
  return String(rest < 0n ? rest + NANOSECONDS : rest)
    .padStart(9, "0")
    .replace(/0+$/, "");
}

/** Milliseconds since the epoch, down to the one that has begun. */
export function millisecondsOf({ nanoseconds }: Timestamp): number {
  const whole = nanoseconds / MILLISECOND;
  return Number(nanoseconds % MILLISECOND < 0n ? whole - 1n : whole);
}

/** The moment on the clocks of a zone, as a Date whose parts of UTC are the zone's. */
export function clocksOf(moment: Timestamp, zone: string | undefined, budget: Budget): Date {
  const milliseconds = millisecondsOf(moment);
  if (zone === undefined) return new Date(milliseconds);
  const [, sign = "", hours = "", minutes = ""] = /^([+-]?)(\d\d):(\d\d)$/.exec(zone) ?? [];
  if (hours !== "") {
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return new Date(milliseconds + (sign === "-" ? -offset : offset));
  }
  budget.spend(COST_OF_ZONE);
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(milliseconds)
      .map(({ type, value }): [string, number] => [type, Number(value)]),
  );
  const { year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  const clocks = new Date(0);
  clocks.setUTCFullYear(year, month - 1, day);
  clocks.setUTCHours(hour, minute, second, new Date(milliseconds).getUTCMilliseconds());
  return clocks;
}

const COST_OF_ZONE = 100;
const MAX_FORMATS = 100;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats are dear to make, and few zones are used. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = newFormat(zone);
    if (formats.size >= MAX_FORMATS) formats.clear();
    formats.set(zone, format);
  }
  return format;
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  const numeric = "numeric" as const;
  const parts = { year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric };
  try {
    return new Intl.DateTimeFormat("en-US", { ...parts, calendar: "gregory", hourCycle: "h23", timeZone });
  } catch {
    return fail("There is no such time zone");
  }
}

/** Milliseconds since the epoch, never earlier than the text says; null for a text that says no time. */
export function timeOf(text: string): number | null {
  try {
    return Number((parseTimestamp(text).nanoseconds + 999_999n) / 1_000_000n);
  } catch {
    // Told apart from a time by failing here.
    return null;
  }
}
