/** Actions upon many runs at once. */
import { type Static, Type } from "@sinclair/typebox";
import { PageQuery } from "../lists/page-query.ts";
import { RunCriteria, type RunFilter } from "../lists/run-query.ts";
import type { RunStatus } from "../runs/run.ts";
import { CancelInput, RetryInput } from "./control-input.ts";

export const BULK_KINDS = ["cancel", "pause", "resume", "retry"] as const;
export type BulkKind = (typeof BULK_KINDS)[number];

/** The statuses of the runs that an action can be for, and those that it is for where the filter names none. */
export const BULK_STATUSES: Record<BulkKind, { allowed: readonly RunStatus[]; usual: readonly RunStatus[] }> = {
  cancel: { allowed: ["pending", "running", "paused"], usual: ["pending", "running", "paused"] },
  pause: { allowed: ["pending", "running", "paused"], usual: ["pending", "running"] },
  resume: { allowed: ["pending", "running", "paused"], usual: ["paused"] },
  retry: { allowed: ["success", "failed", "cancelled"], usual: ["failed", "cancelled"] },
};

const { reason, compensate } = CancelInput.properties;
const { from, version } = RetryInput.properties;

/** How a client asks for an action upon all runs that fit a filter. */
export const BulkInput = Type.Object(
  {
    action: Type.Union(
      BULK_KINDS.map((kind) => Type.Literal(kind)),
      { description: "What is done to each of the runs" },
    ),
    filter: RunCriteria,
    dry_run: Type.Optional(Type.Boolean({ description: "true: nothing is done, the runs are counted; false" })),
    reason,
    compensate,
    from,
    version,
  },
  { additionalProperties: false, title: "BulkInput" },
);
export type BulkInput = Static<typeof BulkInput>;

/** Which fields of a body belong to which action. */
export const BULK_FIELDS: Record<BulkKind, readonly (keyof BulkInput)[]> = {
  cancel: ["reason", "compensate"],
  pause: [],
  resume: [],
  retry: ["from", "version"],
};

/** What of an action is stored as its client wrote it. */
export interface BulkSettings {
  filter: RunFilter;
  /** Of a cancel; absent for none, and for true. */
  reason?: string;
  compensates?: boolean;
  /** Of a retry: see RetryInput. */
  from?: string;
  version?: "same" | "latest" | number;
  /** How many workflows triggered one another up to it, which its runs begin with; absent in older ones. */
  depth?: number;
}

export const BULK_STATES = ["counting", "running", "done", "stopped"] as const;
export type BulkState = (typeof BULK_STATES)[number];

/** The most reasons that are told of one action. */
export const MOST_BULK_ERRORS = 20;

/** Runs that an action could not be carried out upon, for one reason. */
export const BulkError = Type.Object(
  {
    code: Type.String({ description: "Of the error with which a request for each would have been refused" }),
    detail: Type.String({ description: "Its sentence, as it is about the first of them" }),
    count: Type.Integer({ minimum: 1 }),
    run_id: Type.String({ format: "uuid", description: "The first of them" }),
  },
  { title: "BulkError" },
);

const time = Type.String({ format: "date-time" });

/** An action and how far it is, for clients. */
export const Bulk = Type.Object(
  {
    bulk_id: Type.String({ format: "uuid" }),
    action: BulkInput.properties.action,
    filter: Type.Unsafe<Static<typeof RunCriteria>>({
      ...RunCriteria,
      description:
        "Which runs, with the statuses that it names or that the action is usually for; a workflow by its uuid",
    }),
    reason,
    compensate,
    from,
    version,
    status: Type.Union(
      BULK_STATES.map((state) => Type.Literal(state)),
      { description: "counting while total rises, then running, then done; stopped if it was deleted before" },
    ),
    total: Type.Integer({ minimum: 0, description: "Runs that fit" }),
    done: Type.Integer({ minimum: 0, description: "Runs that were acted upon" }),
    failed: Type.Integer({
      minimum: 0,
      description: "Runs that could not be, as a request for each would have been refused",
    }),
    errors: Type.Array(BulkError, {
      maxItems: MOST_BULK_ERRORS,
      description: "Why they could not be, the most frequent reason first",
    }),
    created_at: time,
    ended_at: Type.Union([time, Type.Null()]),
  },
  { title: "Bulk" },
);
export type Bulk = Static<typeof Bulk>;

/** The query of the list of actions. */
export const BulkQuery = Type.Pick(PageQuery, ["limit", "cursor"], { additionalProperties: false });
export type BulkQuery = Static<typeof BulkQuery>;

export const BULK_SCHEMAS = { BulkInput, Bulk, BulkError, RunCriteria };
