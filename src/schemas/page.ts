import { type Static, Type } from "@sinclair/typebox";

export const ORDERS = ["asc", "desc"] as const;
export type Order = (typeof ORDERS)[number];

export const DEFAULT_LIMIT = 50;

/** The query of every list. */
export const PageQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: DEFAULT_LIMIT })),
    cursor: Type.Optional(Type.String({ maxLength: 512, description: "The next_cursor of the page before" })),
    order: Type.Optional(
      Type.Union(
        ORDERS.map((order) => Type.Literal(order)),
        { default: "desc", description: "desc: newest first; asc: oldest first, without the last 2 seconds" },
      ),
    ),
  },
  { additionalProperties: false },
);
export type PageQuery = Static<typeof PageQuery>;

/** How much of its items a list shows. */
export const VIEWS = ["full", "summary"] as const;

/** The query of the list of workflows. */
export const WorkflowsQuery = Type.Object(
  {
    ...PageQuery.properties,
    view: Type.Optional(
      Type.Union(
        VIEWS.map((view) => Type.Literal(view)),
        { default: "full", description: "summary: without steps and what else a definition says" },
      ),
    ),
  },
  { additionalProperties: false },
);
export type WorkflowsQuery = Static<typeof WorkflowsQuery>;

/** The query of the versions of a workflow. */
export const VersionsQuery = Type.Pick(PageQuery, ["limit", "cursor"], { additionalProperties: false });
export type VersionsQuery = Static<typeof VersionsQuery>;

/** A page of a list: rows after `after` in `order`. */
export interface PageRequest {
  namespace: string;
  limit: number;
  order: Order;
  /** The uuid of the last row of the page before; null for the first page. */
  after: string | null;
}

/** An ascending list leaves out ids younger than this: a smaller one may still be on its way into the database. */
export const SETTLED_MILLISECONDS = 2000;

/** A page of a list ends early once its rows hold this much JSON text; its reader goes on from the last row. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** What counts of a row toward MAX_PAGE_BYTES, in characters. */
export function pageBytes(
  row:
    | { steps: string; options: string | null }
    | { payload: string; stepResults: string | null; output: string | null; log: string },
): number {
  if ("steps" in row) return row.steps.length + (row.options?.length ?? 0);
  return row.payload.length + (row.stepResults?.length ?? 0) + (row.output?.length ?? 0) + row.log.length;
}
