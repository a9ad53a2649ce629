export const ORDERS = ["asc", "desc"] as const;
export type Order = (typeof ORDERS)[number];

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
