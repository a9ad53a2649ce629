import { few, keptStatement } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";
import type { CompletedEvent } from "../../schemas/event.ts";
import type { OwedEvents } from "../port.ts";
import { asked } from "./statement.ts";

/** Notes the debt for the runs ("uuid") of a statement that ended them; $2 says whether there is a broker to owe it to. */
export const owe = (ended: string) => `insert into owed_events (run_uuid, due_at)
    select uuid, now() + interval '10 seconds' from ${ended} and $2::text = 'owed' on conflict do nothing`;

// In the order of the ids, which is that of time: what is overdue stands before what is not due yet, so that the table needs
// no index by time.
export const TAKE_OWED_EVENTS = keptStatement(
  "take_owed_events",
  ["integer"],
  { run_id: "uuid", workflow_id: "uuid", status: "text", error: "text" },
  `update owed_events e set due_at = now() + interval '15 seconds'
  from (
    select run_uuid from owed_events where due_at <= now() order by run_uuid limit $1::integer for update skip locked
  ) as overdue, workflow_runs r
  where e.run_uuid = overdue.run_uuid and r.uuid = overdue.run_uuid and ${few("length(overdue.run_uuid::text)")}
  returning r.uuid as run_id, r.workflow_id, r.status, r.error`,
);

export const OWED_EVENTS_SENT = keptStatement(
  "owed_events_sent",
  ["text"],
  { run_uuid: "uuid" },
  `with sent as (
    select run_uuid from ${asked("$1")} join owed_events on run_uuid = uuid order by run_uuid for update of owed_events
  )
  delete from owed_events e using sent where e.run_uuid = sent.run_uuid returning e.run_uuid`,
);

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
