/** What a workflow may say of itself beside its id, name, description and steps. */
import { type Static, Type } from "@sinclair/typebox";
import { characters } from "../../schemas/json/characters.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { Duration } from "./durations.ts";
import { WorkflowReference } from "./reference.ts";
import type { StepRetry } from "./retry.ts";

export const MAX_TAGS = 20;
/** A tag, of a definition or of a trigger. Definitions that were stored before may have longer ones. */
export const Tag = characters({ minLength: 1, maxLength: 64 });
/** Ten years. */
const MAX_RETENTION_DAYS = 3650;
/** Characters of `ui` as JSON text. */
export const MAX_UI = 16 * 1024;

const object = (description: string) =>
  Type.Optional(Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown(), { description })));
const key = Type.Optional(
  Type.String({
    maxLength: 4096,
    description: "A template over payload: each value that it gives is counted for itself",
  }),
);

/** Of effects that have none of their own. */
export const Defaults = Type.Object(
  {
    retry: Type.Optional(
      Type.Unsafe<StepRetry>(Type.Unknown({ description: "A Retry, up to five of them, or false: see Step" })),
    ),
    timeout: Type.Optional(Duration),
  },
  {
    additionalProperties: false,
    title: "Defaults",
    examples: [{ retry: { max_attempts: 4 }, timeout: 20 }],
    description: "Of steps that act on the world and have none of their own",
  },
);
export type Defaults = Static<typeof Defaults>;

export const ON_LIMIT = ["queue", "reject", "cancel_oldest"] as const;

export const Concurrency = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 10_000, description: "Runs under way at once, sleeping ones included" }),
    key,
    on_limit: Type.Optional(
      Type.Union(
        ON_LIMIT.map((word) => Type.Literal(word)),
        {
          description:
            "queue: a run more waits its turn; reject: its trigger is a 409; cancel_oldest: the oldest is cancelled",
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    title: "Concurrency",
    description: "How many runs may be under way",
    examples: [{ limit: 5, key: "${payload.customer}", on_limit: "queue" }],
  },
);
export type Concurrency = Static<typeof Concurrency>;

export const RateLimit = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 10_000, description: "Runs that may start" }),
    per: Duration,
    key,
  },
  {
    additionalProperties: false,
    title: "RateLimit",
    description: "Runs more wait their turn",
    examples: [{ limit: 100, per: "PT1M" }],
  },
);
export type RateLimit = Static<typeof RateLimit>;

export const OnFailure = Type.Object(
  { workflow_id: WorkflowReference, payload: object("Templates; they see payload, run and error") },
  {
    additionalProperties: false,
    title: "OnFailure",
    examples: [{ workflow_id: "alert", payload: { why: "${error.message}" } }],
    description: "A run of another workflow, when a run ends as failed",
  },
);
export type OnFailure = Static<typeof OnFailure>;

/** The fields of a definition that were added to the first ones. All are kept as they are written. */
export const OPTIONS = {
  $schema: Type.Optional(Type.String({ maxLength: 2048, description: "For editors; not read" })),
  input: object("A JSON Schema of what a payload has to be"),
  vars: object("Variables of a run by name, each a template over payload"),
  timeout: Type.Optional(Duration),
  defaults: Type.Optional(Defaults),
  output: Type.Optional(
    Type.Unsafe<Json>(Type.Unknown({ description: "A template: what a run gives that succeeds; it sees its steps" })),
  ),
  on_failure: Type.Optional(OnFailure),
  concurrency: Type.Optional(Concurrency),
  rate_limit: Type.Optional(RateLimit),
  tags: Type.Optional(Type.Array(Tag, { maxItems: MAX_TAGS, description: "Of each run" })),
  retention: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MAX_RETENTION_DAYS,
      description: "Days after which runs that are over are dropped, of whichever version; no longer than all are kept",
    }),
  ),
  managed_by: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 255,
      description: "Who keeps it, such as a repository and a commit; not read",
    }),
  ),
  ui: object("Kept for whoever draws the workflow, up to 16 KiB; not read"),
};

const Options = Type.Object(OPTIONS);
export type Options = Static<typeof Options>;

/** Whether runs have to wait for others. */
export function takesTurns({ concurrency, rate_limit }: Options): boolean {
  return concurrency !== undefined || rate_limit !== undefined;
}

/** What says something about a run before it is stored. */
const PREPARING = ["input", "concurrency", "rate_limit", "tags"] as const satisfies (keyof Options)[];

/** Whether runs have to be prepared for a version before they are stored. */
export function preparesRuns(options: Options): boolean {
  return PREPARING.some((name) => options[name] !== undefined);
}
