import type { Clock } from "../../clock.ts";
import { few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import type { Outcome, Progress } from "../port.ts";
import { eventDueAt } from "./events.ts";
import { boundsOf, ENDED_AT, outcomesOf, within, writeInRounds } from "./statement.ts";

/** The fence: once a worker claimed the run, or began it without a claim, another's write finds no row of run_queue "q". */
const FENCE = `q.run_uuid = item.uuid and q.namespace = item.namespace and q.token = item.token
    and (q.started_at is null) = (item.token = 0) and not q.ended`;

/** Whether the row of a run says the same as the message, where the run was executed by that. The uuids of the batch are within `low` and `high`. */
const asTold = (low: string, high: string) => `(item."workflowUuid" is null or exists (select from workflow_runs told
    where told.uuid = item.uuid and ${within("told.uuid", low, high)}
    and told.workflow_id = item."workflowUuid" and told.workflow_version = item.version
    and (item.payload is null or told.payload = item.payload::jsonb)))`;

/** The item was not written by this statement: it may have been written before. */
const SOME_LEFT =
  "(select count(*) from locked) < (select count(*) from item) and item.position not in (select position from locked)";

/** The columns that items of both statements have. */
const ITEM = `position integer, namespace text, uuid uuid, token integer, seq integer, crashes integer, entries text, "startedAt" float8,
      "workflowUuid" uuid, version integer, payload text`;

/**
 * The items that pass the fence, with the start of their runs, whose rows are locked. In the order of the uuids, so that two
 * batches can't deadlock: the plan of an update alone may use another order. The updates take their values from here: joined with
 * the batch again, each of 200 items would be compared with 200.
 */
const locked = (low: string, high: string) => `locked as materialized (
    select item.*, coalesce(q.started_at, to_timestamp(item."startedAt" / 1000)) as started_at, q.inbox
    from item join run_queue q on ${FENCE} where ${asTold(low, high)} order by q.run_uuid for update of q
  )`;

const APPENDED = `appended as (
    insert into run_log (run_uuid, seq, token, entries)
    select uuid, seq, token, entries::json from locked where entries is not null
    on conflict do nothing
  )`;

// The same progress by two texts: one for all of it took 5% more of an end, and 19% of a checkpoint, in batches of 10.
// Where a broker is owed the completed event ($2), the row of run_queue stays until the broker has it. The results ($4, an array
// in the order of the items) are most of the text: within the items they would be escaped and parsed twice.
export const END_RUNS = keptStatement(
  "end_runs",
  ["text", "text", "float8", "text", "uuid", "uuid"],
  { position: "integer" },
  `with item as (
    select * from rows from (
      json_to_recordset($1::text::json) as (${ITEM}, status text, error text),
      jsonb_array_elements($4::text::jsonb)
    ) as item (position, namespace, uuid, token, seq, crashes, entries, "startedAt", "workflowUuid", version, payload, status, error, results)
    where ${few("position")} order by uuid
  ), ${locked("$5", "$6")}, owing as (
    update run_queue q set ended = true, holder = null, due_at = ${eventDueAt("q.due_at")}
    from locked as item where q.run_uuid = item.uuid and $2::text = 'owed'
  ), gone as (
    delete from run_queue q using locked as item where q.run_uuid = item.uuid and $2::text = 'none'
  ), cleared as (
    delete from run_inbox i using locked as item where i.run_uuid = item.uuid and item.inbox > 0 and ${few("item.position")}
  ), ${APPENDED}, ended as (
    update workflow_runs r set status = item.status, started_at = item.started_at, completed_at = ${ENDED_AT},
      error = item.error, step_results = item.results, token = item.token, crashes = item.crashes
    from locked as item where r.uuid = item.uuid and ${within("r.uuid", "$5", "$6")}
  )
  select position from locked
  union all
  select item.position from item join workflow_runs r using (namespace, uuid)
  where ${SOME_LEFT} and ${within("r.uuid", "$5", "$6")} and r.token = item.token and r.status = item.status
    and ${asTold("$5", "$6")}`,
);

/** The rows of inboxes that a batch took. A signal that may be sent again is remembered without its body. */
const TAKEN = `taken as materialized (
    select item.uuid, took::integer from locked as item, json_array_elements_text(item.taken) as took where ${few("item.position")}
  ), forgotten as (
    delete from run_inbox i using taken where i.run_uuid = taken.uuid and i.seq = taken.took and not i.is_keyed and ${few("taken.took")}
  ), emptied as (
    update run_inbox i set body = null from taken where i.run_uuid = taken.uuid and i.seq = taken.took and i.is_keyed and ${few("taken.took")}
  )`;

// A run with a request, or with more to hear, is due at once, and does not sleep. What is written while threads die under a run is no
// progress.
const save = (name: string, before: string) =>
  keptStatement(
    name,
    ["text", "uuid", "uuid"],
    { position: "integer" },
    `with item as (
    select * from json_to_recordset($1::text::json) as item (${ITEM}, "dueAt" float8, heard integer, taken json)
    where ${few("position")}
  ), ${locked("$2", "$3")}, ${before}saved as (
    update run_queue q set
      log_length = greatest(q.log_length, item.seq + case when item.entries is null then 0 else 1 end),
      log_size = q.log_size + case when q.log_length = item.seq then coalesce(length(item.entries), 0) else 0 end,
      crashes = item.crashes,
      claims = case when item.crashes = 0 then 0 else q.claims end,
      due_at = case when item."dueAt" is null then q.due_at when q.control is not null then now()
        when q.inbox > greatest(q.inbox_heard, item.heard) then now()
        else to_timestamp(item."dueAt" / 1000) end,
      holder = case when item."dueAt" is null then q.holder end,
      claim_id = case when item."dueAt" is null then q.claim_id end,
      started_at = item.started_at,
      inbox_heard = greatest(q.inbox_heard, item.heard)
    from locked as item where q.run_uuid = item.uuid
  ), ${APPENDED}
  select position from locked`,
  );

export const SAVE_PROGRESS = save("save_progress", "");
/** For runs that took something from their inboxes, so that the others pay nothing for that. */
export const SAVE_PROGRESS_TAKING = save("save_progress_taking", `${TAKEN}, `);

/** Fenced writes of progress. */
export class ProgressWriter {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, clock: Clock, owesEvents: boolean) {
    this.#pool = pool;
    this.#clock = clock;
    this.#event = owesEvents ? "owed" : "none";
  }

  async save(items: Progress[]): Promise<Outcome<null>[]> {
    const outcomes = new Map<Progress, Outcome<null>>();
    const save = async (part: Progress[], write: (batch: Progress[]) => Promise<{ position: number }[]>) => {
      const saved = await writeInRounds(part, async (batch) => outcomesOf(batch, await write(batch)));
      for (const [index, one] of part.entries()) outcomes.set(one, saved[index] ?? { kind: "lost" });
    };
    const kept = items.filter(({ next }) => next.kind !== "end");
    for (const [isTaking, part] of Map.groupBy(kept, ({ taken }) => taken !== undefined)) {
      const { call } = isTaking ? SAVE_PROGRESS_TAKING : SAVE_PROGRESS;
      await save(part, (batch) => this.#pool.run(call, [itemsText(batch), ...boundsOf(batch.map(({ uuid }) => uuid))]));
    }
    await save(
      items.filter(({ next }) => next.kind === "end"),
      (batch) => {
        const results = `[${batch.map(({ next }) => (next.kind === "end" ? next.stepResults : "")).join(",")}]`;
        const bounds = boundsOf(batch.map(({ uuid }) => uuid));
        return this.#pool.run(END_RUNS.call, [itemsText(batch), this.#event, this.#clock.now(), results, ...bounds]);
      },
    );
    return items.map((one) => outcomes.get(one) ?? { kind: "lost" });
  }
}

function itemsText(batch: Progress[]): string {
  return JSON.stringify(batch.map(itemOf));
}

/** Absent fields are left out: PostgreSQL would have to parse a null. */
function itemOf({ told, entries, next, ...progress }: Progress, position: number) {
  const { status, error } = next.kind === "end" ? next : {};
  // As a text PostgreSQL reads it as a float8; JSON has no such number.
  const dueAt = next.kind === "due" ? (next.dueAt ?? "Infinity") : undefined;
  const read = { position, ...progress, ...told };
  return { ...read, entries: entries ?? undefined, dueAt, status, error: error ?? undefined };
}
