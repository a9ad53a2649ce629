import { equals, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import type { CompletedEvent } from "../../schemas/runs/event.ts";
import type { OwedEvents } from "../port.ts";
import { asked } from "./statement.ts";

/**
 * When the event of a run that ends is overdue. Mostly `dueAt` is kept, so that the end changes no index: a new run is due
 * after two seconds, and its event is sent well within one.
 */
export const eventDueAt = (dueAt: string) =>
  `case when ${dueAt} > now() + interval '1 second' then ${dueAt} else now() + interval '10 seconds' end`;

// In the order of the ids, which is that of time: overdue events stand before the others, so that the table needs no index by
// time.
export const TAKE_OWED_EVENTS = keptStatement(
  "take_owed_events",
  ["integer"],
  { namespace: "text", run_id: "uuid", workflow_id: "uuid", status: "text", error: "text" },
  `update owed_events e set due_at = now() + interval '15 seconds'
  from (
    select run_uuid from owed_events where due_at <= now() order by run_uuid limit $1::integer for update skip locked
  ) as overdue, workflow_runs r
  where ${equals("e.run_uuid", "overdue.run_uuid")} and r.uuid = overdue.run_uuid
  returning r.namespace, r.uuid as run_id, r.workflow_id, r.status, r.error`,
);

// In the order of the uuids, so that two statements can't deadlock.
export const OWED_EVENTS_SENT = keptStatement(
  "owed_events_sent",
  ["text"],
  { run_uuid: "uuid" },
  `with sent as (
    select uuid from ${asked("$1")} order by uuid
  ), gone as (
    delete from run_queue q where q.run_uuid = any(array(select uuid from sent)) and q.ended returning q.run_uuid
  )
  delete from owed_events e where e.run_uuid = any(array(select uuid from sent where uuid not in (select run_uuid from gone)))
  returning e.run_uuid`,
);

export const EVENT_STATEMENTS = [TAKE_OWED_EVENTS, OWED_EVENTS_SENT];

/** The completed events that the broker is owed. */
export class EventQueue implements OwedEvents {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  take(limit: number): Promise<CompletedEvent[]> {
    return this.#pool.run<CompletedEvent>(TAKE_OWED_EVENTS.call, [limit]);
  }

  async sent(runIds: string[]): Promise<void> {
    await this.#pool.run(OWED_EVENTS_SENT.call, [JSON.stringify(runIds)]);
  }
}
