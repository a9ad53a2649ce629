import type { Database } from "bun:sqlite";
import { pauseText } from "../../../schemas/log/pauses.ts";

const LOG =
  "insert into run_log (run_uuid, seq, token, entries) select run_uuid, log_length, token, ? from run_queue where run_uuid = ?";

// A worker that lost its lease could still write what would stand in the place of the entry.
const LOGGED = "update run_queue set log_length = log_length + 1, token = token + 1 where run_uuid = ?";

/** Writes into the log of a run that nobody holds from when to when it stood still. It expects an open transaction. */
export function logPause(database: Database, uuid: string, from: number, to: number): void {
  database.query(LOG).run(pauseText(from, to), uuid);
  database.query(LOGGED).run(uuid);
}
