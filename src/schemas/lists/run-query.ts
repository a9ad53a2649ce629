/** What a list of runs can be asked for. */
import { type Static, Type } from "@sinclair/typebox";
import { WorkflowReference } from "../../language/definition/reference.ts";
import { characters } from "../json/characters.ts";
import { TIME, UUID } from "../json/patterns.ts";
import { RunStatus } from "../runs/run.ts";
import type { Order } from "./page.ts";
import { PageQuery, VIEWS } from "./page-query.ts";

/** Texts go to the database, which stores no NUL. */
const NO_NUL = "^[^\\u0000]*$";
const uuid = (description: string) => Type.Optional(Type.String({ pattern: UUID, description }));
const time = (description: string) => Type.Optional(Type.String({ pattern: TIME, description }));

/** The most runs that are asked for by their uuids. */
export const MOST_UUIDS = 100;

/** The query of the list of runs. */
export const RunQuery = Type.Object(
  {
    ...PageQuery.properties,
    status: Type.Optional(
      Type.Array(RunStatus, { minItems: 1, description: "Any of these: repeated, or with commas" }),
    ),
    uuid: Type.Optional(
      Type.Array(Type.String({ pattern: UUID }), {
        minItems: 1,
        maxItems: MOST_UUIDS,
        description: "These runs: repeated, or with commas",
      }),
    ),
    workflow: Type.Optional(WorkflowReference),
    version: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "Of the workflow, which has to be named too" }),
    ),
    // Definitions could have longer tags once.
    tag: Type.Optional(characters({ minLength: 1, maxLength: 100, pattern: NO_NUL })),
    parent_run_id: uuid("Runs that steps of this run started"),
    root_run_id: uuid("Runs that were started by this run, or by one that it started, and so on"),
    retry_of: uuid("Runs that try this run again"),
    created_from: time("Not before; ISO 8601 with a zone, as 2026-11-29T10:00:00Z"),
    created_to: time("Before; likewise"),
    error: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        pattern: NO_NUL,
        description: "A text in the error; A to Z are the same as a to z",
      }),
    ),
    view: Type.Optional(
      Type.Union(
        VIEWS.map((view) => Type.Literal(view)),
        { default: "full", description: "summary: without payload and results, at most 640 bytes a run" },
      ),
    ),
  },
  { additionalProperties: false },
);
export type RunQuery = Static<typeof RunQuery>;

/** The query of the list of runs that wait for a signal. */
export const WaitingQuery = Type.Pick(RunQuery, ["limit", "cursor", "workflow"], { additionalProperties: false });
export type WaitingQuery = Static<typeof WaitingQuery>;

/** What a list of runs is filtered by, where it stands in a body: the same fields, without those of a page. */
export const RunCriteria = Type.Omit(RunQuery, ["limit", "cursor", "order", "view"], {
  additionalProperties: false,
  title: "RunCriteria",
  description: "Which runs, in the words of GET /api/v1/runs; they join with and",
});

/** A query as it was read: times are milliseconds since the epoch. */
export type RunsAsked = Omit<RunQuery, "created_from" | "created_to"> & { created_from?: number; created_to?: number };

/** Which runs are looked for; what is absent does not matter. */
export interface RunFilter {
  /** Any of these; not empty. */
  statuses?: RunStatus[];
  /** Any of these, in lower case; not empty. */
  uuids?: string[];
  workflowUuid?: string;
  version?: number;
  tag?: string;
  parentRunId?: string;
  rootRunId?: string;
  retryOf?: string;
  /** Milliseconds since the epoch: not before the first, and before the second. */
  createdFrom?: number;
  createdTo?: number;
  /** A text in the error; letters of ASCII are compared without case. */
  error?: string;
  /** Open, and with a step that has waited for a signal: the log says whether it still does. */
  hasWaited?: true;
}

/** A look at some of the runs of a namespace in the order of their uuids. */
export interface RunLook {
  namespace: string;
  filter: RunFilter;
  order: Order;
  /** Runs after this uuid in the order; null from the beginning. */
  after: string | null;
  /** How many are wanted. */
  limit: number;
  /** At how many it looks, whether they are wanted or not. */
  most: number;
}

/**
 * How much later than its id says a run may have been created, milliseconds: an id is made before the run is stored. Runs of other
 * programs, with random uuids, are not found by time.
 */
export const ID_AHEAD_MILLISECONDS = 5000;
