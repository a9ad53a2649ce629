import { equals, few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { InboxRow } from "../../schemas/log/inbox.ts";
import { MAX_KEPT_SIGNALS, MAX_KEPT_SIZE } from "../port/runs/inbox.ts";
import type { InboxLookup, NewSignal, Outcome, StoredSignal } from "../port.ts";
import { refused } from "../refusals.ts";
import { keepKeys } from "./inserts/request-keys.ts";
import { boundsOf, came, lockInLine, lockQueued, milliseconds, rounds, within, writeBatch } from "./statement.ts";

const ITEM = `json_to_recordset($1::text::json) as item
    (position integer, namespace text, uuid uuid, id uuid, name text, waiting json, body text, size integer, route text, key text, hash text)`;

// The rows of run_queue, and of run_turns for runs that wait for their turn, are locked first: what the statement then counts is what there
// is. A run whose turn came since then, and that another has locked, is in no part: its signal is repeated. One that sleeps is due now; a
// new run is left to its message.
export const PUT_SIGNALS = keptStatement(
  "put_signals",
  ["text", "uuid", "uuid"],
  { position: "integer", workflowUuid: "uuid", state: "text", isDelivered: "boolean" },
  `with item as (
    select * from ${ITEM} where ${few("position")}
  ), queued as materialized (
    select item.*, q.inbox + 1 as seq, false as waits
    from item join run_queue q on ${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and not q.ended
    for update of q skip locked
  ), in_line as materialized (
    select item.*, ${came("t")} + 1 as seq, true as waits
    from item join run_turns t on ${equals("t.run_uuid", "item.uuid")} and t.namespace = item.namespace and t.begun_at is null
    for update of t skip locked
  ), open as materialized (
    select item.*, kept.*, (
      select count(*) from json_array_elements_text(item.waiting) as until
      where until is null or until::float8 > ${milliseconds("now()")}
    ) as awaited
    from (select * from queued union all select * from in_line) as item, lateral (
      select count(*)::integer as count, coalesce(sum(bytes), 0)::integer as kept_size,
        (count(*) filter (where i.name = item.name))::integer as earlier
      from run_inbox i where i.run_uuid = item.uuid and i.kind = 'signal' and i.body is not null
    ) as kept
  ), fit as (
    select *, jsonb_build_object('id', id, 'isDelivered', awaited > earlier)::text as answer
    from open where count < ${MAX_KEPT_SIGNALS} and kept_size + size <= ${MAX_KEPT_SIZE}
  ), keyed as (
    ${keepKeys("select distinct on (namespace, route, key) namespace, route, key, hash, answer from fit where key is not null order by namespace, route, key, position")}
  ), room as (
    select * from fit where key is null or answer in (select answer from keyed)
  ), counted as (
    update run_queue q set inbox = room.seq,
      due_at = case when q.holder is null and q.started_at is not null and q.paused_at is null and q.due_at > now() then now() else q.due_at end
    from room where ${equals("q.run_uuid", "room.uuid")} and not room.waits
  ), put as (
    insert into run_inbox (run_uuid, seq, name, body, bytes, id)
    select uuid, seq, name, body::json, size, id from room
  )
  select answer.position, r.workflow_id, case when answer.state <> 'other' then answer.state when r.completed_at is null then 'open' else 'over' end,
    answer.is_delivered
  from (
    select position, namespace, uuid, awaited > earlier as is_delivered,
      case when position in (select position from room) then 'stored' when position in (select position from fit) then 'taken'
        else 'full' end as state from open
    union all select position, namespace, uuid, false, 'other' from item where position not in (select position from open)
  ) as answer
  join workflow_runs r on r.uuid = answer.uuid and r.namespace = answer.namespace and ${within("r.uuid", "$2", "$3")}`,
  `${lockQueued(ITEM)};\n  ${lockInLine(`select uuid from ${ITEM} where ${few("position")}`)}`,
);

/** What came for runs and was not taken, behind what is known. */
export const FIND_INBOX = keptStatement(
  "find_inbox",
  ["text"],
  { uuid: "uuid", seq: "integer", kind: "text", name: "text", body: "text", id: "uuid", receivedAt: "float8" },
  `select i.run_uuid, i.seq, i.kind, i.name, i.body::text, i.id, ${milliseconds("i.received_at")}
  from json_to_recordset($1::text::json) as item (uuid uuid, after integer)
  join run_inbox i on ${equals("i.run_uuid", "item.uuid")} and i.seq > item.after and i.body is not null
  order by i.run_uuid, i.seq`,
);

/** Attempts for a run whose turn comes meanwhile. */
const ATTEMPTS = 5;

interface Answer {
  position: number;
  workflowUuid: string;
  state: "stored" | "taken" | "full" | "over" | "open";
  isDelivered: boolean;
}

/** The inboxes of runs. */
export class Inbox {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async put(items: NewSignal[]): Promise<Outcome<StoredSignal>[]> {
    const outcomes = new Map<NewSignal, Outcome<StoredSignal>>();
    // One statement counts what each run has before it.
    for (const round of rounds(items, ({ uuid }) => uuid)) {
      let left = round;
      for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) {
        const stored = await writeBatch(left, (batch) => this.#put(batch));
        for (const [index, item] of left.entries()) outcomes.set(item, stored[index] ?? { kind: "lost" });
        left = left.filter((item) => outcomes.get(item)?.kind === "lost");
      }
    }
    return items.map((item) => outcomes.get(item) ?? { kind: "lost" });
  }

  async #put(batch: NewSignal[]): Promise<Outcome<StoredSignal>[]> {
    const named = batch.filter(({ uuid }) => isUuid(uuid));
    const text = JSON.stringify(
      named.map(({ requestKey, ...item }, position) => {
        const { route, key, hash } = requestKey ?? {};
        return { ...item, position, size: item.body.length, route, key, hash };
      }),
    );
    const bounds = boundsOf(named.map(({ uuid }) => uuid));
    // A signal without a key would be there twice.
    const isRepeatable = named.every(({ requestKey }) => requestKey !== undefined);
    const answers = await this.#pool.run<Answer>(PUT_SIGNALS.call, [text, ...bounds], isRepeatable);
    const found = new Map(answers.map((answer) => [named[answer.position], answer]));
    return batch.map((item) => outcomeOf(found.get(item), item));
  }

  /** What came for each of the runs, in the order of arrival. */
  async find(items: InboxLookup[]): Promise<InboxRow[][]> {
    if (items.length === 0) return [];
    const rows = await this.#pool.run<InboxRow & { uuid: string }>(FIND_INBOX.call, [JSON.stringify(items)]);
    const found = Map.groupBy(rows, ({ uuid }) => uuid);
    return items.map(({ uuid }) => (found.get(uuid) ?? []).map(({ uuid: _, ...row }) => row));
  }
}

function outcomeOf(answer: Answer | undefined, { uuid, id }: NewSignal): Outcome<StoredSignal> {
  if (answer === undefined) return refused("run_not_found", uuid);
  const { state, workflowUuid, isDelivered } = answer;
  if (state === "open") return { kind: "lost" };
  if (state === "over") return refused("run_ended", uuid);
  if (state === "full") return refused("too_many_signals", uuid);
  const stored = { workflowUuid, sent: { id, isDelivered } };
  return { kind: "ok", value: state === "taken" ? { ...stored, isTaken: true } : stored };
}
