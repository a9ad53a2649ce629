import { type Static, Type } from "@sinclair/typebox";
import { boundedDuration, MAX_DURATION_SECONDS } from "./durations.ts";
import { type Matcher, On } from "./matchers.ts";

const DAY_SECONDS = 24 * 60 * 60;

/** The time spans of a retry, and the most that each may be, in seconds. */
export const RETRY_SPANS = {
  initial_interval: DAY_SECONDS,
  max_interval: DAY_SECONDS,
  max_elapsed: MAX_DURATION_SECONDS,
} as const;

const span = (name: keyof typeof RETRY_SPANS, description: string) =>
  Type.Optional(boundedDuration(0, RETRY_SPANS[name], description));

export const Retry = Type.Object(
  {
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "The first included; 3" })),
    initial_interval: span("initial_interval", "Before the second attempt; 1"),
    multiplier: Type.Optional(Type.Number({ minimum: 1, maximum: 10, description: "Of the interval each time; 2" })),
    max_interval: span("max_interval", "What a wait grows to; 60"),
    jitter: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "Part of the interval that is left to chance; 0.5" }),
    ),
    max_elapsed: span("max_elapsed", "No attempt begins so much later"),
    on: Type.Optional(On),
  },
  {
    additionalProperties: false,
    title: "Retry",
    description: "When another attempt follows one that failed",
    examples: [{ max_attempts: 5, initial_interval: 1, on: ["5xx", "timeout"] }],
  },
);
export type Retry = Static<typeof Retry>;

export const MAX_RETRIES = 5;

/** The retry rules of a step: one, several of which the first that fits counts, or none. */
export type StepRetry = Retry | Retry[] | false;

/** The errors that are retried where a step that acts on the world names none: those that may not come again. */
export const DEFAULT_ON: readonly Matcher[] = ["network", "timeout", 408, 429, "5xx"];

/** The retries of a step in the order in which they are tried. */
export function retriesOf(retry: StepRetry | undefined): readonly Retry[] {
  if (retry === undefined || retry === false) return [];
  return Array.isArray(retry) ? retry : [retry];
}
