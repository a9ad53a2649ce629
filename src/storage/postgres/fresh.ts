import type { Pool } from "../../db/pool.ts";
import { isUuid } from "../../ids.ts";
import type { FreshEnd, FreshRun, Outcome } from "../port.ts";
import { owe } from "./events.ts";
import { outcomesOf, writeInRounds } from "./statement.ts";

const FIND = `select uuid, "workflowUuid", version, payload from (
    select *, sum(length(payload)) over (order by uuid) - length(payload) as before from (
      select uuid, workflow_id as "workflowUuid", workflow_version as version, payload::text as payload from workflow_runs
      where uuid in (select value::uuid from json_array_elements_text($1::text::json))
        and (status = 'pending' and lease_token = 0) is true
    ) as fresh
  ) as sized where before < $2::float8`;

// A claim that comes first changes the token, and the row is found no more. "Is true": see progress.ts.
const END = `with item as (
    select *, to_timestamp("startedAt" / 1000) as at
    from json_to_recordset($1::text::json) as item (position integer, uuid uuid, "startedAt" float8, status text,
      error text, results text)
  ), fresh as (
    select r.uuid from workflow_runs r join item using (uuid)
    where (r.status = 'pending' and r.lease_token = 0) is true order by r.uuid for update of r
  ), saved as (
    update workflow_runs r set status = item.status, due_at = null, started_at = item.at,
      completed_at = greatest(item.at, now()), error = item.error, step_results = item.results::jsonb
    from item join fresh using (uuid) where r.uuid = item.uuid
    returning r.uuid, item.position
  ), owed as (${owe("saved where true")})
  select position from saved
  union all
  select item.position from item join workflow_runs r using (uuid)
  where r.lease_token = 0 and (r.status = item.status) is true and item.position not in (select position from saved)`;

/** Runs that are executed without a claim. */
export class FreshRuns {
  readonly #pool: Pool;
  readonly #event: "owed" | "none";

  /** `owesEvents`: a run that ends owes its completed event to a broker. */
  constructor(pool: Pool, owesEvents: boolean) {
    this.#pool = pool;
    this.#event = owesEvents ? "owed" : "none";
  }

  async find(uuids: string[], maxBytes: number): Promise<FreshRun[]> {
    const asked = uuids.filter(isUuid);
    return asked.length === 0 ? [] : this.#pool.run<FreshRun>(FIND, [JSON.stringify(asked), maxBytes]);
  }

  end(items: FreshEnd[]): Promise<Outcome<null>[]> {
    return writeInRounds(items, (batch) => this.#end(batch));
  }

  async #end(items: FreshEnd[]): Promise<Outcome<null>[]> {
    const text = JSON.stringify(
      items.map(({ stepResults: results, ...end }, position) => ({ ...end, position, results })),
    );
    return outcomesOf(items, await this.#pool.run<{ position: number }>(END, [text, this.#event]));
  }
}
