import type { Clock } from "../../clock.ts";
import { few, keptStatement } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";
import type { FreshProgress, Outcome, Progress, RunEnd } from "../port.ts";
import { eventDueAt } from "./events.ts";
import { boundsOf, ENDED_AT, outcomesOf, within, writeInRounds } from "./statement.ts";

// Rows of run_queue are locked in the order of their uuids, so that two batches can't wait for each other: a plan of the write
// alone may go through them in another. Ends and other progress are statements of their own for the same reason.

/** What both statements are told of a run. */
const ITEM = `position integer, uuid uuid, token integer, seq integer, "isNew" boolean, "startedAt" float8, "workflowUuid" uuid,
      version integer, payload text, crashes integer`;

/**
 * The fence: a writer whose run somebody else claimed finds no row of run_queue "q". Nobody claimed a run with token 0: there
 * two that execute it at once are told apart by its log.
 */
const FENCE = `q.run_uuid = item.uuid and q.token = item.token and (q.started_at is null) = item."isNew"
    and (item.token > 0 or q.log_length = item.seq) and not q.ended`;

/** Whether a run is what the writer was told of it, if he was. The uuids of the batch are within `low` and `high`. */
const asTold = (low: string, high: string) => `(item.payload is null or exists (select from workflow_runs told
    where told.uuid = item.uuid and ${within("told.uuid", low, high)} and told.workflow_id = item."workflowUuid" and told.workflow_version = item.version and told.payload = item.payload::jsonb))`;

/** The items whose run may be written, its row locked. */
const locked = (low: string, high: string) =>
  `select item.position from item join run_queue q on ${FENCE} where ${asTold(low, high)} order by q.run_uuid for update of q`;

/** Whether some item was not written by the statement itself: it may have been before. */
const someLeft = (written: string) => `(select count(*) from ${written}) < (select count(*) from item)
    and item.position not in (select position from ${written})`;

/** What is known of a run that ends. */
const OVER = `item.position, item.uuid, item.token, item.crashes, item.status, item.error, item.results,
      coalesce(q.started_at, to_timestamp(item."startedAt" / 1000)) as started_at`;

// Where a broker is owed the completed event ($2), the row of run_queue stays until the broker has it. The results ($4, an array
// in the order of the items) are most of the text: within the items they would be escaped, and parsed twice.
export const END_RUNS = keptStatement(
  "end_runs",
  ["text", "text", "float8", "text", "uuid", "uuid"],
  { position: "integer" },
  `with item as (
    select * from rows from (
      json_to_recordset($1::text::json) as (${ITEM}, status text, error text),
      jsonb_array_elements($4::text::jsonb)
    ) as item (position, uuid, token, seq, "isNew", "startedAt", "workflowUuid", version, payload, crashes, status, error, results)
    where ${few("position")} order by uuid
  ), locked as materialized (${locked("$5", "$6")}), owing as (
    update run_queue q set ended = true, holder = null, due_at = ${eventDueAt("q.due_at")}
    from item join locked using (position) where $2::text = 'owed' and q.run_uuid = item.uuid
    returning ${OVER}
  ), over as (
    delete from run_queue q using item join locked using (position) where $2::text = 'none' and q.run_uuid = item.uuid
    returning ${OVER}
  ), ended as (
    update workflow_runs r set status = over.status, started_at = over.started_at, completed_at = ${ENDED_AT},
      error = over.error, step_results = over.results, token = over.token, crashes = over.crashes
    from (select * from owing union all select * from over) as over where r.uuid = over.uuid and ${within("r.uuid", "$5", "$6")}
    returning over.position
  )
  select position from ended
  union all
  select item.position from item join workflow_runs r using (uuid)
  where ${someLeft("ended")} and ${within("r.uuid", "$5", "$6")} and r.token = item.token and r.status = item.status
    and ${asTold("$5", "$6")}`,
);

// A run with a request does not sleep on it: it is due at once.
export const SAVE_PROGRESS = keptStatement(
  "save_progress",
  ["text", "uuid", "uuid"],
  { position: "integer" },
  `with item as (
    select * from json_to_recordset($1::text::json) as item (${ITEM}, "dueAt" float8, entries text)
    where ${few("position")} order by uuid
  ), locked as materialized (${locked("$2", "$3")}), saved as (
    update run_queue q set
      log_length = greatest(q.log_length, item.seq + case when item.entries is null then 0 else 1 end),
      log_size = q.log_size + case when q.log_length = item.seq then coalesce(length(item.entries), 0) else 0 end,
      crashes = item.crashes,
      due_at = case when item."dueAt" is null then q.due_at when q.control is not null then now()
        else to_timestamp(item."dueAt" / 1000) end,
      holder = case when item."dueAt" is null then q.holder end,
      claim_id = case when item."dueAt" is null then q.claim_id end,
      started_at = coalesce(q.started_at, to_timestamp(item."startedAt" / 1000))
    from item join locked using (position) where q.run_uuid = item.uuid
    returning item.position, item.uuid, item.seq, item.token, item.entries
  ), appended as (
    insert into run_log (run_uuid, seq, token, entries)
    select uuid, seq, token, entries::json from saved where entries is not null
    on conflict do nothing
  )
  select position from saved
  union all
  select item.position from item join run_queue q on q.run_uuid = item.uuid
  where ${someLeft("saved")} and item.token = 0 and q.token = 0 and q.started_at is not null and ${asTold("$2", "$3")} and exists (
    select from run_log l where l.run_uuid = item.uuid and ${within("l.run_uuid", "$2", "$3")} and l.seq = item.seq and l.token = 0 and l.entries::text = item.entries)`,
);

/** A write of either statement. */
interface Written {
  uuid: string;
  /** What it is told of the run, without its results. */
  item: object;
  /** JSON text where the run ends. */
  results: string | null;
}

/** Fenced writes of how far runs came. */
export class ProgressWriter {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #event: "owed" | "none";

  /** `owesEvents`: a run that ends owes its completed event to a broker. */
  constructor(pool: Pool, clock: Clock, owesEvents: boolean) {
    this.#pool = pool;
    this.#clock = clock;
    this.#event = owesEvents ? "owed" : "none";
  }

  save(items: Progress[]): Promise<Outcome<null>[]> {
    return this.#save(items.map(heldItem));
  }

  saveFresh(items: FreshProgress[]): Promise<Outcome<null>[]> {
    return this.#save(items.map(freshItem));
  }

  async #save(items: Written[]): Promise<Outcome<null>[]> {
    const outcomes = new Map<Written, Outcome<null>>();
    const save = async (part: Written[], write: (batch: Written[]) => Promise<{ position: number }[]>) => {
      const saved = await writeInRounds(part, async (batch) => outcomesOf(batch, await write(batch)));
      for (const [index, one] of part.entries()) outcomes.set(one, saved[index] ?? { kind: "lost" });
    };
    const isEnd = ({ results }: Written) => results !== null;
    await save(
      items.filter((one) => !isEnd(one)),
      (batch) => this.#pool.run(SAVE_PROGRESS.call, [itemsText(batch), ...boundsOf(uuidsOf(batch))]),
    );
    await save(items.filter(isEnd), (batch) => {
      const results = `[${batch.map((one) => one.results).join(",")}]`;
      const parameters = [itemsText(batch), this.#event, this.#clock.now(), results, ...boundsOf(uuidsOf(batch))];
      return this.#pool.run(END_RUNS.call, parameters);
    });
    return items.map((one) => outcomes.get(one) ?? { kind: "lost" });
  }
}

function uuidsOf(batch: Written[]): string[] {
  return batch.map(({ uuid }) => uuid);
}

function itemsText(batch: Written[]): string {
  return JSON.stringify(batch.map(({ item }, position) => ({ position, ...item })));
}

function heldItem({ uuid, token, logLength: seq, entries, crashes, next }: Progress): Written {
  const common = { uuid, token, seq, isNew: false, crashes };
  if (next.kind === "end") return endOf(common, next);
  const dueAt = next.kind === "hold" ? null : next.dueAt;
  return { uuid, item: { ...common, entries, dueAt }, results: null };
}

function freshItem({ uuid, logLength: seq, startedAt, told, next }: FreshProgress): Written {
  const common = { uuid, token: 0, seq, isNew: seq === 0, startedAt, crashes: 0, ...told };
  if (next.kind === "end") return endOf(common, next);
  return { uuid, item: { ...common, entries: next.entries, dueAt: next.dueAt }, results: null };
}

function endOf(common: { uuid: string }, { status, error, stepResults }: RunEnd): Written {
  return { uuid: common.uuid, item: { ...common, status, error }, results: stepResults };
}
