import type { Json } from "../../../schemas/json/json.ts";

/** How many are in each status. */
export type Counts = Readonly<Record<string, number>>;

interface Counted {
  within?: Counts;
  details?: { readonly [name: string]: Json };
}

/** What a map or a loop holds: the items of a map that is over, else the steps whose results are kept. Null of any other step. */
export function countsOf({ within, details = {} }: Counted): Counts | null {
  if (within === undefined) return null;
  const { succeeded, failed } = details;
  return typeof succeeded === "number" && typeof failed === "number" ? { success: succeeded, failed } : within;
}
