import { Type } from "@sinclair/typebox";
import { ValidationFailed } from "../../../errors.ts";
import { parametersReader } from "./query.ts";

const MAX_SECONDS = 60;
const SECONDS = /^\d{1,2}(?:\.\d{1,3})?$/;

const parametersOf = parametersReader(Type.Object({ wait: Type.Optional(Type.String()) }));

export const WAIT_PARAMETER = {
  name: "wait",
  in: "query" as const,
  required: false,
  schema: { type: "number" as const, minimum: 0, maximum: MAX_SECONDS },
  description: "So many seconds the answer waits for the end of the run",
};

/** How long a request waits for the end of its run, seconds; null for not at all. @throws ValidationFailed */
export function waitOf(request: Request): number | null {
  const { wait: text } = parametersOf(request);
  if (typeof text !== "string") return null;
  const seconds = SECONDS.test(text) ? Number(text) : Number.NaN;
  if (seconds <= MAX_SECONDS) return seconds;
  const msg = `Input should be a number of seconds from 0 to ${MAX_SECONDS}, with three decimals at most`;
  throw new ValidationFailed([{ loc: ["query", "wait"], msg, type: "value_error" }]);
}
