/** Actions upon many runs at once. */
import { type Static, Type } from "@sinclair/typebox";
import { CancelInput, RetryInput } from "./control-input.ts";
import type { RunStatus } from "./run.ts";
import { RunCriteria, type RunFilter } from "./run-query.ts";

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
}

export const BULK_STATES = ["counting", "running", "done", "stopped"] as const;
export type BulkState = (typeof BULK_STATES)[number];

/** How far an action is, for clients. */
export const Bulk = Type.Object(
  {
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
  },
  { title: "Bulk" },
);

export const BULK_SCHEMAS = { BulkInput, Bulk, RunCriteria };
