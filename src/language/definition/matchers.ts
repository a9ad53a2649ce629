import { type Static, Type } from "@sinclair/typebox";

/** Which errors are meant: a code, a status, a class of statuses, or all. */
export const Matcher = Type.Union(
  [Type.Integer({ minimum: 100, maximum: 599 }), Type.String({ pattern: "^(?:\\*|[1-5]xx|[a-z][a-z0-9_]{0,63})$" })],
  { description: 'an error code, a status from 100 to 599, a class such as "5xx", or "*"' },
);
export type Matcher = Static<typeof Matcher>;

/** A list of them, of which one has to mean the error. */
export const On = Type.Array(Matcher, {
  minItems: 1,
  maxItems: 100,
  description: "Which errors are meant, by any of these",
});

/** The parts of an error that matchers look at. */
export interface Matchable {
  code: string;
  /** Of an answer; null where there was none. */
  status: number | null;
}

/** Whether one of the matchers means this error. */
export function matches(on: readonly Matcher[], { code, status }: Matchable): boolean {
  return on.some((matcher) => {
    if (typeof matcher === "number") return matcher === status;
    return matcher === "*" || matcher === code || (status !== null && matcher === `${Math.floor(status / 100)}xx`);
  });
}
