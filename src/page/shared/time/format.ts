/** The one place where times become text. Every absolute time names its zone. */
import { timeSetting } from "../../settings.ts";

export interface TimeStyle {
  /** Without it the day is shown where it is not today. */
  day?: "always" | "never";
  milliseconds?: boolean;
}

const LOCAL_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The zone that times are shown in, as it is named beside the setting. */
export function zoneName(): string {
  if (timeSetting.value === "utc") return "UTC";
  return timeSetting.value === "local" ? `local (${LOCAL_ZONE})` : "relative";
}

/** A time as the reader wants it. @param now milliseconds since the epoch */
export function timeText(time: string | number | Date, now: number, style: TimeStyle = {}): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return String(time);
  return timeSetting.value === "relative" ? relativeText(at.getTime() - now) : absoluteText(at, now, style);
}

/** A time with its zone, also where the reader wants relative ones. */
export function absoluteText(at: Date, now: number, { day, milliseconds = false }: TimeStyle = {}): string {
  const zone = shownZone();
  const parts = partsOf(at, zone);
  const clock = `${parts.hour}:${parts.minute}:${parts.second}${milliseconds ? `.${String(at.getUTCMilliseconds()).padStart(3, "0")}` : ""}`;
  const today = partsOf(new Date(now), zone);
  const isToday = parts.day === today.day && parts.month === today.month && parts.year === today.year;
  const showsDay = day === "always" || (day !== "never" && !isToday);
  return `${showsDay ? `${parts.year}-${parts.month}-${parts.day} ` : ""}${clock} ${parts.timeZoneName}`;
}

/** A time on the clocks of a zone, with its day and the name that the zone has then: `Mon 2026-11-30 02:30:00 CET`. */
export function zonedText(at: Date, zone: string): string {
  const parts = partsOf(at, zone);
  const day = new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short" }).format(at);
  return `${day} ${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second} ${parts.timeZoneName}`;
}

/** How far the clocks of a zone are from UTC at a time, such as `GMT+2`: it changes with daylight saving. */
export function offsetText(at: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "shortOffset" }).formatToParts(at);
  return parts.find(({ type }) => type === "timeZoneName")?.value ?? "";
}

/** The zone that absolute times are shown in. */
export function shownZone(): string {
  return timeSetting.value === "utc" ? "UTC" : LOCAL_ZONE;
}

/** The day and the hour of a time, as the reader's clocks have them. */
export function hourOf(at: Date): { day: string; hour: number } {
  const { year, month, day, hour } = partsOf(at, shownZone());
  return { day: `${year}-${month}-${day}`, hour: Number(hour) };
}

/** How far a time is from now: `3 min ago`, `in 2 h`. */
export function relativeText(milliseconds: number): string {
  const text = durationText(Math.abs(milliseconds), 1);
  if (Math.abs(milliseconds) < 1000) return "now";
  return milliseconds < 0 ? `${text} ago` : `in ${text}`;
}

const UNITS = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** A length of time in milliseconds, in its largest units: `2 h 10 min`, `1.02 s`, `41 ms`. */
export function durationText(milliseconds: number, units = 2): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${seconds(milliseconds, units)} s`;
  const words: string[] = [];
  let left = Math.round(milliseconds / 1000) * 1000;
  for (const [name, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0 && words.length < units) words.push(`${count} ${name}`);
    else if (words.length > 0) break;
  }
  return words.join(" ");
}

function seconds(milliseconds: number, units: number): string {
  const digits = units === 1 || milliseconds >= 10_000 ? (units === 1 ? 0 : 1) : 2;
  return (milliseconds / 1000).toFixed(digits);
}

function partsOf(at: Date, zone: string): Record<string, string> {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      ...{ timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short" },
    });
    formats.set(zone, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}
