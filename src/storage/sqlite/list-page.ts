import type { Database } from "bun:sqlite";
import { MAX_PAGE_BYTES, type PageRequest, pageBytes } from "../../schemas/lists/page.ts";
import type { RunRecord, WorkflowRecord } from "../port.ts";

/** Runs the keyset query of a page in its order; `until` bounds the ascending one, exclusive. */
export function listPage<Row, Record extends RunRecord | WorkflowRecord>(
  database: Database,
  queries: { asc: string; desc: string },
  { namespace, limit, order, after }: PageRequest,
  until: string,
  recordOf: (row: Row) => Record,
): Record[] {
  const bindings: { [name: string]: string | number } =
    order === "desc" ? { namespace, limit, after: after ?? "g" } : { namespace, limit, after: after ?? "", until };
  const records: Record[] = [];
  let bytes = 0;
  for (const row of database.query<Row, typeof bindings>(queries[order]).iterate(bindings)) {
    const record = recordOf(row);
    records.push(record);
    bytes += pageBytes(record);
    if (bytes >= MAX_PAGE_BYTES) break;
  }
  return records;
}
