/** The statements that write the progress of runs that go on. */
import { equals, few, keptStatement } from "../../db/postgres/kept.ts";
import { lockWaiting } from "./family/family.ts";
import { lockLines, startedFamilies, UNWRITTEN, WRITTEN_COLUMNS, writable } from "./family/new-children.ts";
import { APPENDED, ITEM, locked } from "./fence.ts";

/** The case of when it is due next, as far as what is asked of it decides that. */
const ASKED = (
  isObeyed: string,
  isCancelled = "q.control is not null",
) => `case when item."dueAt" is null then q.due_at when ${isCancelled} and not ${isObeyed} then now()
        when q.paused_at is not null then 'infinity'`;

/** The columns of run_queue "q" that a checkpoint changes. */
const CAME = `log_length = greatest(q.log_length, item.seq + case when item.entries is null then 0 else 1 end),
      log_size = q.log_size + case when q.log_length = item.seq then coalesce(length(item.entries), 0) else 0 end,
      crashes = item.crashes,
      claims = case when item.crashes = 0 then 0 else q.claims end,
      holder = case when item."dueAt" is null then q.holder end,
      claim_id = case when item."dueAt" is null then q.claim_id end,
      started_at = item.started_at,
      inbox_heard = greatest(q.inbox_heard, item.heard)`;

const ITEMS = `json_to_recordset($1::text::json) as item (${ITEM}, "dueAt" float8, heard integer`;

// A run that is to be cancelled, or has more to hear, is due at once, and does not sleep; one that is paused does nothing else. What is written while threads die under a run is no
// progress.
export const SAVE_PROGRESS = keptStatement(
  "save_progress",
  ["text", "uuid", "uuid"],
  { position: "integer" },
  `with item as (
    select * from ${ITEMS}) where ${few("position")}
  ), ${locked("$2", "$3")}, saved as (
    update run_queue q set ${CAME},
      due_at = ${ASKED("q.is_obeyed")} when q.inbox > greatest(q.inbox_heard, item.heard) then now() else to_timestamp(item."dueAt" / 1000) end
    from locked as item where ${equals("q.run_uuid", "item.uuid")}
  ), ${APPENDED}
  select position from locked`,
);

/** The rows of inboxes that a batch took. A signal that may be sent again is remembered without its body. */
const TAKEN = `taken as materialized (
    select item.uuid, took::integer from locked as item, json_array_elements_text(item.taken) as took
  ), forgotten as (
    delete from run_inbox i using taken where ${equals("i.run_uuid", "taken.uuid")} and ${equals("i.seq", "taken.took")} and not i.is_keyed
  ), emptied as (
    update run_inbox i set body = null from taken where ${equals("i.run_uuid", "taken.uuid")} and ${equals("i.seq", "taken.took")} and i.is_keyed
  )`;

const FAMILY = `json_to_recordset($1::text::json) as item (position integer, uuid uuid, children json, "left" json)`;

/** Locks runs with those that they give up, as lockFamilies does: whether one stands still does not change then before it is cancelled. */
const LOCK_LEFT = `if exists (select from ${FAMILY} where item."left" is not null) then
    perform from run_queue q where q.run_uuid in (
      select uuid from ${FAMILY}
      union all select c.run_uuid from ${FAMILY} join run_queue c on ${equals("c.parent_uuid", "item.uuid")} where item."left" is not null
    ) order by q.run_uuid for update;
  end if`;

/** A request that came after the one that the run obeyed is another one. */
const IS_OBEYED = "(q.is_obeyed or (item.obeys = q.compensates) is true)";

/** Its parent, of the same batch, waits for it no more: a row is changed once by a statement. */
const IS_GIVEN_UP = "(item.is_left and q.parent_cancels)";

/**
 * For runs that obeyed a request, took something from their inboxes, start others or give them up, so that the rest pay nothing for that. An item
 * with a child whose id came too late, or that has to be made by another version, is not written.
 */
export const SAVE_FAMILIES = keptStatement(
  "save_families",
  ["text", "uuid", "uuid", "float8"],
  WRITTEN_COLUMNS,
  `with asked as materialized (
    select * from ${ITEMS}, taken json, children json, "left" json, obeys boolean) where ${few("position")}
  ), ${writable("$4")}, ${locked("$2", "$3")}, ${TAKEN}, ${APPENDED}, ${startedFamilies("$2", "$3")}, saved as (
    update run_queue q set ${CAME},
      inbox = q.inbox + item.told,
      has_children = q.has_children or item.children is not null,
      is_obeyed = ${IS_OBEYED},
      control = case when ${IS_GIVEN_UP} then 'cancel' else q.control end,
      paused_at = case when ${IS_GIVEN_UP} then null else q.paused_at end,
      due_at = ${ASKED(IS_OBEYED, `(q.control is not null or ${IS_GIVEN_UP})`)} when q.inbox + item.told > greatest(q.inbox_heard, item.heard) then now()
        else to_timestamp(item."dueAt" / 1000) end
    from (select *, (select count(*) from told where told.parent_uuid = locked.uuid)::integer as told,
        exists (select from leaving where leaving.uuid = locked.parent_uuid and leaving.path = locked.parent_path) as is_left
      from locked) as item
    where ${equals("q.run_uuid", "item.uuid")}
  )
  select position, false, null::text, null::uuid, null::integer, null::text from locked
  union all ${UNWRITTEN}`,
  `${lockLines(FAMILY)};
  ${LOCK_LEFT};
  ${lockWaiting(FAMILY, 'item."left" is not null')}`,
);

/** What the database keeps for them. */
export const CHECKPOINTS = [SAVE_PROGRESS, SAVE_FAMILIES];
