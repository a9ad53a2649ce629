import { PAUSED } from "../../../schemas/log/log.ts";

const isoText = (time: string) => `to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"+00:00"')`;

/** The entry of the log that says that a run stood still since a time (schemas/pauses.ts), and does so no more: JSON text. */
export const pauseEntry = (
  since: string,
) => `('[["${PAUSED}",{"step_name":"${PAUSED}","status":"success","started_at":"' || ${isoText(since)} ||
      '","completed_at":"' || ${isoText("now()")} || '","output":null,"error":null},null]]')`;

/** Whether a row of run_queue stands still, of a run that had begun. */
export const standsStill = (row: string) =>
  `(${row}.paused_at is not null and ${row}.holder is null and ${row}.started_at is not null)`;

/**
 * What of a row of run_queue changes with the entry, where it stands still. It gets another token: a worker that lost its lease could still
 * write what would stand in the place of the entry.
 *
 * @param stands whether it stands still and gets the entry
 */
export const logged = (
  row: string,
  stands = standsStill(row),
) => `token = case when ${stands} then ${row}.token + 1 else ${row}.token end,
      log_length = case when ${stands} then ${row}.log_length + 1 else ${row}.log_length end,
      log_size = case when ${stands} then ${row}.log_size + length(${pauseEntry(`${row}.paused_at`)}) else ${row}.log_size end`;
