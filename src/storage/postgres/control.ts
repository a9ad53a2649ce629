import { equals, few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { ControlRequest, ControlResult, HolderNews } from "../../schemas/control.ts";
import type { Held, Outcome } from "../port.ts";
import { endedFamilies, lockFamilies } from "./family/family.ts";
import { boundsOf, rounds, within } from "./statement.ts";

/** The run of an item is open, and no worker holds it. */
const FREE = `${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and q.holder is null and not q.ended`;

// A run that was claimed, or given back, after the statement began is in neither part: its request is repeated. The event of a
// run that ends here is overdue at once, since no worker sends it.
export const REQUEST_CONTROL = keptStatement(
  "request_control",
  ["text", "text", "uuid", "uuid"],
  { position: "integer", result: "text" },
  `with item as (
    select * from json_to_recordset($1::text::json) as item (position integer, namespace text, uuid uuid, kind text)
    where ${few("position")} order by uuid
  ), requested as (
    update run_queue q set control = item.kind from item
    where ${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and q.holder is not null and not q.ended
    returning item.position
  ), owing as (
    update run_queue q set ended = true, due_at = now(), control = null from item where $2::text = 'owed' and ${FREE}
    returning q.run_uuid as uuid, q.token, q.crashes, q.started_at, q.parent_uuid, q.parent_path, q.has_children, item.position
  ), gone as (
    delete from run_queue q using item where $2::text = 'none' and ${FREE}
    returning q.run_uuid as uuid, q.token, q.crashes, q.started_at, q.parent_uuid, q.parent_path, q.has_children, item.position
  ), left_line as (
    delete from run_turns t using item where ${equals("t.run_uuid", "item.uuid")} and t.namespace = item.namespace and t.begun_at is null
    returning t.run_uuid as uuid, 0 as token, 0 as crashes, null::timestamptz as started_at, t.parent_uuid, t.parent_path,
      false as has_children, item.position
  ), owing_too as (
    insert into run_queue (run_uuid, namespace, due_at, ended) select item.uuid, item.namespace, now(), true
    from left_line join item using (position) where $2::text = 'owed'
  ), over as materialized (
    select *, 'cancelled' as status, null as error, null as output, null as "errorDetails" from owing
    union all select *, 'cancelled', null, null, null from gone
    union all select *, 'cancelled', null, null, null from left_line
  ), ${endedFamilies("item")}, cancelled as (
    update workflow_runs r set status = 'cancelled', completed_at = now(), started_at = over.started_at, token = over.token,
      crashes = over.crashes
    from over where r.uuid = over.uuid and ${within("r.uuid", "$3", "$4")}
    returning over.position
  )
  select position, 'cancelled' from cancelled
  union all select position, 'requested' from requested
  union all select item.position, 'over' from item join workflow_runs r using (namespace, uuid)
    where ${within("r.uuid", "$3", "$4")} and r.completed_at is not null
  union all select item.position, 'open' from item join workflow_runs r using (namespace, uuid)
    where ${within("r.uuid", "$3", "$4")} and r.completed_at is null and item.position not in (select position from cancelled union all select position from requested)`,
  lockFamilies("json_to_recordset($1::text::json) as item (position integer, uuid uuid)"),
);

export const CONTROL_OF = keptStatement(
  "control_of",
  ["text"],
  { namespace: "text", uuid: "uuid", token: "integer", kind: "text", last: "integer" },
  `select namespace, run_uuid, token, control, inbox from run_queue
  where holder = $1::text::uuid and control is not null and ${few("length(control)")}
  union all
  select namespace, run_uuid, token, 'inbox', inbox from run_queue
  where holder = $1::text::uuid and inbox > inbox_heard and control is null and ${few("inbox")}`,
);

/** Attempts for a run that is claimed and given back meanwhile, again and again. */
const ATTEMPTS = 5;

/** Requests to runs. */
export class Control {
  readonly #pool: Pool;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, owesEvents: boolean) {
    this.#pool = pool;
    this.#event = owesEvents ? "owed" : "none";
  }

  async request(items: ControlRequest[]): Promise<Outcome<ControlResult>[]> {
    const results = new Map<ControlRequest, ControlResult | "open">();
    for (const round of rounds(
      items.filter(({ uuid }) => isUuid(uuid)),
      ({ uuid }) => uuid,
    )) {
      let left = round;
      for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) {
        const text = JSON.stringify(left.map((item, position) => ({ ...item, position })));
        const rows = await this.#pool.run<Answer>(REQUEST_CONTROL.call, [
          text,
          this.#event,
          ...boundsOf(left.map(({ uuid }) => uuid)),
        ]);
        const asked = left;
        for (const { position, result } of rows) {
          const item = asked[position];
          if (item !== undefined) results.set(item, result);
        }
        left = left.filter((item) => results.get(item) === "open");
      }
    }
    return items.map((item) => {
      const result = results.get(item);
      if (result === undefined) return { kind: "error", code: "run_not_found", subject: item.uuid };
      return result === "open" ? { kind: "lost" } : { kind: "ok", value: result };
    });
  }

  async of(worker: string): Promise<(Held & HolderNews)[]> {
    const rows = await this.#pool.run<Held & { kind: HolderNews["kind"]; last: number }>(CONTROL_OF.call, [worker]);
    return rows.map(({ kind, last, ...held }) => (kind === "inbox" ? { ...held, kind, last } : { ...held, kind }));
  }
}

interface Answer {
  position: number;
  result: ControlResult | "open";
}
