import type { Database } from "bun:sqlite";
import type { RunKey } from "../../../schemas/runs/run.ts";
import { MOST_PROGRESS } from "../../port/finding/looks.ts";
import type { SmallProgress } from "../../port.ts";
import { logOf } from "../runs.ts";

// Its length is told by the head of a row: what is long is not read.
const RUN = `select octet_length(step_results) as size, iif(octet_length(step_results) <= ${MOST_PROGRESS.each}, step_results, null) as stepResults
  from workflow_runs where uuid = ? and namespace = ?`;

const LOG = `select count(*) as rows, coalesce(sum(octet_length(entries)), 0) as size
  from (select entries from run_log where run_uuid = ? limit ${MOST_PROGRESS.rows + 1})`;

interface StoredRun {
  /** Bytes of its results; null without. */
  size: number | null;
  /** Null also where they are long. */
  stepResults: string | null;
}

interface StoredLog {
  rows: number;
  size: number;
}

/** See Reads. */
export function smallProgressIn(database: Database, keys: RunKey[]): (SmallProgress | null)[] {
  let left = MOST_PROGRESS.together;
  const found = new Map<RunKey, SmallProgress>();
  for (const key of keys.toSorted((one, other) => (one.uuid < other.uuid ? 1 : -1))) {
    const run = database.query<StoredRun, [string, string]>(RUN).get(key.uuid, key.namespace);
    if (run === null) continue;
    const { size, stepResults } = run;
    const log = size === null ? database.query<StoredLog, [string]>(LOG).get(key.uuid) : null;
    const length = size ?? log?.size ?? 0;
    if (length > MOST_PROGRESS.each || (log?.rows ?? 0) > MOST_PROGRESS.rows) continue;
    left -= length;
    if (left < 0) break;
    found.set(key, { stepResults, log: logOf(database, key.uuid, log?.rows ?? 0) });
  }
  return keys.map((key) => found.get(key) ?? null);
}
