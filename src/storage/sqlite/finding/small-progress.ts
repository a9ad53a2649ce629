import type { Database } from "bun:sqlite";
import type { RunKey } from "../../../schemas/run.ts";
import { MOST_PROGRESS } from "../../port/looks.ts";
import type { SmallProgress } from "../../port.ts";
import { logOf } from "../runs.ts";

// Told by the head of a row: what is long is not read.
const SIZE = "select octet_length(step_results) as size from workflow_runs where uuid = ? and namespace = ?";

const RESULTS = "select step_results as text from workflow_runs where uuid = ?";

const LOG = `select count(*) as rows, coalesce(sum(octet_length(entries)), 0) as size
  from (select entries from run_log where run_uuid = ? limit ${MOST_PROGRESS.rows + 1})`;

/** See Reads. */
export function smallProgressIn(database: Database, keys: RunKey[]): (SmallProgress | null)[] {
  let left = MOST_PROGRESS.together;
  const found = new Map<RunKey, SmallProgress>();
  for (const key of keys.toSorted((one, other) => (one.uuid < other.uuid ? 1 : -1))) {
    const run = database.query<{ size: number | null }, [string, string]>(SIZE).get(key.uuid, key.namespace);
    if (run === null) continue;
    const log = run.size === null ? database.query<{ rows: number; size: number }, [string]>(LOG).get(key.uuid) : null;
    const size = run.size ?? log?.size ?? 0;
    if (size > MOST_PROGRESS.each || (log?.rows ?? 0) > MOST_PROGRESS.rows) continue;
    left -= size;
    if (left < 0) break;
    found.set(key, progressOf(database, key.uuid, log?.rows ?? null));
  }
  return keys.map((key) => found.get(key) ?? null);
}

/** @param logRows null where there are results */
function progressOf(database: Database, uuid: string, logRows: number | null): SmallProgress {
  if (logRows !== null) return { stepResults: null, log: logOf(database, uuid, logRows) };
  return { stepResults: database.query<{ text: string }, [string]>(RESULTS).get(uuid)?.text ?? null, log: "[]" };
}
