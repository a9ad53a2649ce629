import type { Pool } from "../../db/pool.ts";
import type { CompletedEvent } from "../../schemas/event.ts";
import type { OwedEvents } from "../port.ts";

const TAKE = `update workflow_runs r set completed_event_due_at = now() + interval '30 seconds'
  from (
    select uuid from workflow_runs where completed_event_due_at <= now()
    order by completed_event_due_at limit $1::integer for update skip locked
  ) as owed
  where r.uuid = owed.uuid
  returning r.uuid as run_id, r.workflow_id, r.status, r.error`;

const SENT = `with sent as (
    select uuid from workflow_runs where uuid in (select value::uuid from json_array_elements_text($1::text::json))
    order by uuid for update
  )
  update workflow_runs r set completed_event_due_at = null from sent where r.uuid = sent.uuid`;

/** The completed events that rows say are owed. */
export class EventQueue implements OwedEvents {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  take(limit: number): Promise<CompletedEvent[]> {
    return this.#pool.run<CompletedEvent>(TAKE, [limit]);
  }

  async sent(runIds: string[]): Promise<void> {
    await this.#pool.run(SENT, [JSON.stringify(runIds)]);
  }
}
