/** What a step was given: its config with values in place of placeholders and expressions. */
import { type Static, Type } from "@sinclair/typebox";
import type { Json } from "../json/json.ts";

/** Why something of an input is not known. */
export const INPUT_GAPS = ["not_yet", "not_kept", "not_given", "failed", "too_costly"] as const;
export type InputGapCode = (typeof INPUT_GAPS)[number];

/** More fields than this that are not known: then all of the config is left out. */
export const MAX_INPUT_GAPS = 100;

export const InputGap = Type.Object(
  {
    path: Type.Array(Type.Union([Type.String(), Type.Integer()]), {
      description: "Keys and indexes below config; empty for all of it",
    }),
    code: Type.Union(
      INPUT_GAPS.map((code) => Type.Literal(code)),
      {
        description:
          "not_yet: it comes of what has not ended; not_kept: of what is not stored any more; not_given: the step was given nothing; failed: its placeholder or expression fails; too_costly: computing it again would cost too much",
      },
    ),
    message: Type.String({ description: "A sentence" }),
  },
  { title: "InputGap", description: "A field of an input that is not known: in config it is as it is written" },
);
export type InputGap = Static<typeof InputGap>;

export const StepInput = Type.Object(
  {
    config: Type.Optional(
      Type.Unsafe<Json>(
        Type.Unknown({
          description:
            "What the last attempt was given; of a step that has not begun, as far as it is known. Of a container what it resolves as it begins. Passwords in addresses and secret headers are ***. Absent where nothing of it is known, and where it is over `input_limit`",
        }),
      ),
    ),
    bytes: Type.Integer({ minimum: 0, description: "Of config as JSON, also where that is left out for its size" }),
    unknown: Type.Optional(
      Type.Array(InputGap, { maxItems: MAX_INPUT_GAPS, description: "What of it is not known; absent where all is" }),
    ),
    run_id: Type.Optional(
      Type.String({ format: "uuid", description: "The run that did the step, where this one keeps its result" }),
    ),
  },
  { title: "StepInput", description: "What a step was given" },
);
export type StepInput = Static<typeof StepInput>;
