import { type Static, Type } from "@sinclair/typebox";

const DAY_SECONDS = 24 * 60 * 60;
/** Of anything that a run waits for, in seconds. */
export const MAX_DURATION_SECONDS = 366 * DAY_SECONDS;

const ISO = /^P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** A time span, kept as its author wrote it. */
export const Duration = Type.Union([Type.Number(), Type.String({ pattern: ISO.source, maxLength: 100 })], {
  description: 'seconds, or a duration of ISO 8601 in days and less such as "PT1M30S"',
});
export type Duration = Static<typeof Duration>;

/** A time span within bounds, in seconds: what is written as text is held against them by code. */
export function boundedDuration(minimum: number, maximum: number, description: string) {
  return Type.Union([Type.Number({ minimum, maximum }), Type.String({ pattern: ISO.source, maxLength: 100 })], {
    description: `${description}; seconds, or a duration of ISO 8601 in days and less such as "PT1M30S"`,
  });
}

/** The length of a time span in seconds. */
export function secondsOf(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = ISO.exec(duration) ?? [];
  return Number(days) * DAY_SECONDS + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}
