import { ValidationFailed } from "../../../errors.ts";

const MAX_SECONDS = 60;
const SECONDS = /^\d{1,2}(?:\.\d{1,3})?$/;

export const WAIT_PARAMETER = {
  name: "wait",
  in: "query" as const,
  required: false,
  schema: { type: "number" as const, minimum: 0, maximum: MAX_SECONDS },
  description: "So many seconds the answer waits for the end of the run, to have the run with it",
};

/** How long a request waits for the end of its run, seconds; null for not at all. @throws ValidationFailed */
export function waitOf({ url }: Request): number | null {
  const at = url.indexOf("?");
  const text = at === -1 ? null : new URLSearchParams(url.slice(at)).get("wait");
  if (text === null) return null;
  const seconds = SECONDS.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_SECONDS) return seconds;
  const msg = `Input should be a number of seconds from 0 to ${MAX_SECONDS}, with three decimals at most`;
  throw new ValidationFailed([{ loc: ["query", "wait"], msg, type: "value_error" }]);
}
