import { type Static, Type } from "@sinclair/typebox";
import type { RequestFault } from "../../errors.ts";
import { boundedDuration, MAX_DURATION_SECONDS, secondsOf } from "../../language/definition/durations.ts";
import { MAX_TAGS, Tag } from "../../language/definition/options.ts";
import { WorkflowReference } from "../../language/definition/reference.ts";
import { timeOf } from "../../language/expressions/values/moments.ts";
import type { JsonObject } from "../json/json.ts";

const MAX_MILLISECONDS = MAX_DURATION_SECONDS * 1000;

export const TriggerInput = Type.Object(
  {
    workflow_id: WorkflowReference,
    payload: Type.Optional(Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown()))),
    delay: Type.Optional(boundedDuration(0, MAX_DURATION_SECONDS, "The run begins so much later, at most 366 days")),
    start_at: Type.Optional(
      Type.String({
        maxLength: 100,
        description:
          "The run begins then: a time of ISO 8601 with its offset, at most 366 days ahead; what is past is now. Not together with delay",
      }),
    ),
    priority: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 5,
        description:
          "Of the runs that are due and have no room yet those of a higher one go first; 3 where it is left out",
      }),
    ),
    tags: Type.Optional(
      Type.Array(Tag, {
        maxItems: MAX_TAGS,
        description: `Of the run, beside those of its workflow: ${MAX_TAGS} together`,
      }),
    ),
  },
  { additionalProperties: false, title: "TriggerInput" },
);
export type TriggerInput = Static<typeof TriggerInput>;

/** 1 to 255 printable characters of ASCII, as a header can have them. */
export const IDEMPOTENCY_KEY = "^[ -~]{1,255}$";

const BatchedTrigger = Type.Object(
  {
    ...TriggerInput.properties,
    idempotency_key: Type.Optional(
      Type.String({
        pattern: IDEMPOTENCY_KEY,
        description: "What the header Idempotency-Key is of a trigger that is sent alone; the same key is the same one",
      }),
    ),
  },
  { additionalProperties: false, title: "BatchedTrigger" },
);

export const TriggerBatchInput = Type.Object(
  { triggers: Type.Array(BatchedTrigger, { minItems: 1, maxItems: 1000 }) },
  { additionalProperties: false, title: "TriggerBatchInput" },
);
export type TriggerBatchInput = Static<typeof TriggerBatchInput>;

/** When a run begins that is not to begin at once, milliseconds since the epoch, and before which others. */
export interface Timing {
  startAt?: number;
  priority?: number;
}

/** What a trigger says of that, or its faults; `loc` is where its body stands. Nothing for most. */
export function timingOf(
  { delay, start_at, priority }: Pick<TriggerInput, "delay" | "start_at" | "priority">,
  now: number,
  loc: RequestFault["loc"],
): Timing | { faults: RequestFault[] } {
  const fault = (name: string, msg: string, type = "value_error") => ({ faults: [{ loc: [...loc, name], msg, type }] });
  const own = priority === undefined ? {} : { priority };
  if (delay !== undefined) {
    if (start_at !== undefined) return fault("start_at", "Give delay or start_at, not both");
    const wait = Math.ceil(secondsOf(delay) * 1000);
    if (wait <= MAX_MILLISECONDS) return { ...own, startAt: now + wait };
    return fault("delay", `Input should be less than or equal to ${MAX_DURATION_SECONDS}`, "less_than_equal");
  }
  if (start_at === undefined) return own;
  const time = timeOf(start_at);
  if (time === null) {
    return fault("start_at", "Should be a time of ISO 8601 with its offset, such as 2030-01-31T08:00:00Z");
  }
  if (time - now > MAX_MILLISECONDS) return fault("start_at", "Should be at most 366 days ahead");
  return { ...own, startAt: Math.max(now, time) };
}
