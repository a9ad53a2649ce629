import type { Database } from "bun:sqlite";
import { atOnce } from "../../db/sqlite.ts";
import type { HistoryLookup, HistoryRows } from "../port.ts";
import { joined, type LogRow } from "./runs.ts";

const RUN = `select workflow_id as workflowUuid, workflow_version as workflowVersion, created_at as createdAt,
  coalesce(started_at, (select started_at from run_queue where run_uuid = uuid)) as startedAt, completed_at as completedAt,
  (select paused_at from run_queue where run_uuid = uuid and holder is null and started_at is not null) as pausedAt
  from workflow_runs where uuid = ? and namespace = ?`;

const LOG = "select seq, entries from run_log where run_uuid = ? and seq >= ?";

/** See Storage. */
export function historyOf(database: Database, lookup: HistoryLookup): HistoryRows | null {
  return atOnce(database, () => read(database, lookup));
}

/** A log that is younger than its run would tell of steps of a run that had not begun. */
function read(database: Database, { namespace, uuid, rows }: HistoryLookup): HistoryRows | null {
  const run = database.query<Omit<HistoryRows, "entries" | "rows">, [string, string]>(RUN).get(uuid, namespace);
  if (run === null) return null;
  const log = database.query<LogRow, [string, number]>(LOG).all(uuid, rows);
  return { ...run, entries: joined(log), rows: rows + log.length };
}
