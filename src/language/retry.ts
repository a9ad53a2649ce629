import { type Static, Type } from "@sinclair/typebox";

const DAY_SECONDS = 24 * 60 * 60;

/** Which errors are meant: a code, a status, a class of statuses, or all that can be retried. */
const Matcher = Type.Union(
  [Type.Integer({ minimum: 100, maximum: 599 }), Type.String({ pattern: "^(?:\\*|[1-5]xx|[a-z][a-z0-9_]{0,63})$" })],
  { description: 'an error code, a status from 100 to 599, a class such as "5xx", or "*"' },
);
export type Matcher = Static<typeof Matcher>;

export const Retry = Type.Object(
  {
    max_attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: "The first included; 3" })),
    initial_interval: Type.Optional(
      Type.Number({ minimum: 0, maximum: DAY_SECONDS, description: "Seconds before the second attempt; 1" }),
    ),
    multiplier: Type.Optional(Type.Number({ minimum: 1, maximum: 10, description: "Of the interval each time; 2" })),
    max_interval: Type.Optional(Type.Number({ minimum: 0, maximum: DAY_SECONDS, description: "Seconds; 60" })),
    jitter: Type.Optional(
      Type.Number({ minimum: 0, maximum: 1, description: "Part of the interval that is left to chance; 0.5" }),
    ),
    max_elapsed: Type.Optional(
      Type.Number({ minimum: 0, maximum: 366 * DAY_SECONDS, description: "No attempt begins so many seconds later" }),
    ),
    on: Type.Optional(Type.Array(Matcher, { minItems: 1, maxItems: 100 })),
  },
  { additionalProperties: false, title: "Retry" },
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

/** The parts of an error that decide whether it is retried. */
export interface Retryable {
  code: string;
  /** Of an answer; null where there was none. */
  status: number | null;
}

/** Whether one of the matchers means this error. */
export function matches(on: readonly Matcher[], { code, status }: Retryable): boolean {
  return on.some((matcher) => {
    if (typeof matcher === "number") return matcher === status;
    return matcher === "*" || matcher === code || (status !== null && matcher === `${Math.floor(status / 100)}xx`);
  });
}
