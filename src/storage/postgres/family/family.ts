/** SQL about the ends of runs that others wait for, and of runs that wait for others. */
import { equals } from "../../../db/postgres/kept.ts";
import { logged, pauseEntry, standsStill } from "../control/pause-entry.ts";
import { came, lockInLine } from "../statement.ts";

/** One that sleeps is due when something comes for it; a new run is left to its message, and one that is paused stands still. */
const WOKEN =
  "case when c.holder is null and c.started_at is not null and c.paused_at is null and c.due_at > now() then now() else c.due_at end";

/** One that is cancelled and that nobody holds is due, and ended by whoever claims it. */
const DUE = "case when c.holder is null then least(c.due_at, now()) else c.due_at end";

/**
 * Locks runs, those that wait for them and those that they wait for, in the order of their uuids, so that two statements can't deadlock.
 *
 * @param lockLine locks those in line
 */
export const lockFamilies = (
  item: string,
  lockLine = lockWaiting(item),
) => `perform from run_queue q where q.run_uuid in (
    select uuid from ${item}
    union all select own.parent_uuid from ${item} join run_queue own on ${equals("own.run_uuid", "item.uuid")}
    union all select c.run_uuid from ${item} join run_queue c on ${equals("c.parent_uuid", "item.uuid")}
  ) order by q.run_uuid for update;
  ${lockLine}`;

/** Locks the runs that they wait for and that wait for their turn: one that begins meanwhile is in the queue for what follows. */
export const lockWaiting = (item: string, among = "true") => lockInLine(waitedFor(item, among));

/** The same, and the runs of items themselves. */
export const lockWaitingToo = (item: string) =>
  lockInLine(`select uuid from ${item} union all ${waitedFor(item, "true")}`);

const waitedFor = (item: string, among: string) =>
  `select c.run_uuid from ${item} join run_turns c on ${equals("c.parent_uuid", "item.uuid")} and c.begun_at is null where ${among}`;

/** Rows of run_queue or run_turns "c" that are meant, with what they are selected from. */
interface Left {
  from: string;
  where: string;
}

/** CTEs that cancel runs which others wait for no more. One that waits for its turn leaves its line, and is due. */
export const givenUp = (left: Left) => `given_up as (
    update run_queue c set control = 'cancel', paused_at = null, ${logged("c")}, due_at = ${DUE}
    from ${left.from} where ${left.where} and c.parent_cancels and not c.ended
  ), ${takenOut(left)}`;

const takenOut = (left: Left) => `stood_still as (
    insert into run_log (run_uuid, seq, token, entries)
    select c.run_uuid, c.log_length, c.token, ${pauseEntry("c.paused_at")}::json from run_queue c, ${left.from}
    where ${left.where} and c.parent_cancels and not c.ended and ${standsStill("c")}
  ), out_of_line as (
    delete from run_turns c using ${left.from} where ${left.where} and c.parent_cancels and c.begun_at is null
    returning c.run_uuid, c.namespace, c.parent_uuid, c.parent_path
  ), over_soon as (
    insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels, control, inbox)
    select run_uuid, namespace, now(), parent_uuid, parent_path, true, 'cancel', ${came("out_of_line")} from out_of_line
  )`;

/** The runs that runs which end wait for, but for those of "batch". */
const leftBy = (batch: string): Left => ({
  from: "over",
  where: `${equals("c.parent_uuid", "over.uuid")} and over.has_children and c.run_uuid not in (select uuid from ${batch})`,
});

/**
 * CTEs for runs that end: "over" has their rows of run_queue with uuid, status, error, output and "errorDetails". Those that wait for them are told, those that
 * they wait for are cancelled, and their inboxes are cleared. The rows of "batch" are written by other parts of the statement. A run that is told of
 * one and cancelled for another is changed once: a second change of a row by one statement counts for nothing.
 */
export const endedFamilies = (batch: string) => `cleared as (
    delete from run_inbox i using over where ${equals("i.run_uuid", "over.uuid")}
  ), news as materialized (
    select parent_uuid, parent_path, uuid, json_build_object('run_id', uuid, 'status', status, 'output', output::json,
        'error', coalesce("errorDetails"::json, to_json(error))) as body,
      (row_number() over (partition by parent_uuid order by uuid))::integer as nth
    from over where parent_uuid is not null and parent_uuid not in (select uuid from ${batch})
  ), touched as materialized (
    select uuid, sum(told)::integer as told, bool_or(is_left) as is_left from (
      select parent_uuid as uuid, 1 as told, false as is_left from news
      union all select c.run_uuid, 0, true from ${leftBy(batch).from}, run_queue c where ${leftBy(batch).where} and c.parent_cancels
    ) as change group by uuid
  ), heard as (
    update run_queue c set inbox = c.inbox + touched.told,
      control = case when touched.is_left then 'cancel' else c.control end,
      paused_at = case when touched.is_left then null else c.paused_at end,
      ${logged("c", `(touched.is_left and ${standsStill("c")})`)},
      due_at = case when touched.is_left then ${DUE} else ${WOKEN} end
    from touched where ${equals("c.run_uuid", "touched.uuid")} and not c.ended
    returning c.run_uuid, c.inbox - touched.told as before
  ), put as (
    insert into run_inbox (run_uuid, seq, kind, name, body, bytes, id)
    select heard.run_uuid, before + nth, 'child', parent_path, body, length(body::text), uuid
    from news join heard on heard.run_uuid = news.parent_uuid
  ), ${takenOut(leftBy(batch))}`;
