import { type Static, Type } from "@sinclair/typebox";
import { ORDERS } from "./page.ts";

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
