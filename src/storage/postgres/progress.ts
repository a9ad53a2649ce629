import type { Clock } from "../../clock.ts";
import { few, keptStatement } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";
import type { Outcome, Progress } from "../port.ts";
import { owe } from "./events.ts";
import { ENDED_AT, outcomesOf, writeInRounds } from "./statement.ts";

// The fence is part of the statement: a writer whose lease another one took finds no row. Rows are locked in the order of
// their uuids, so that two batches can't wait for each other. "Is true" keeps the planner from looking for the few runs of a
// batch among all that have their status: between two analyses it takes that for the shorter way.
export const SAVE_PROGRESS = keptStatement(
  "save_progress",
  ["text", "text", "float8"],
  { position: "integer" },
  `with item as (
    select * from json_to_recordset($1::text::json) as item (position integer, uuid uuid, token integer, seq integer,
      entries text, crashes integer, kind text, "dueAt" float8, status text, error text, results text)
    where ${few("position")}
  ), fenced as (
    select item.* from item join workflow_runs r using (uuid)
    where r.lease_token = item.token and (r.status = 'running') is true order by r.uuid for update of r
  ), appended as (
    insert into run_log (run_uuid, seq, token, entries)
    select uuid, seq, token, entries::json from fenced where entries is not null
    on conflict do nothing
  ), saved as (
    update workflow_runs r set
      log_length = greatest(r.log_length, fenced.seq + case when fenced.entries is null then 0 else 1 end),
      crashes = fenced.crashes,
      due_at = case fenced.kind when 'hold' then r.due_at
        when 'give_back' then to_timestamp(fenced."dueAt" / 1000) end,
      claim_id = case fenced.kind when 'hold' then r.claim_id end,
      status = case fenced.kind when 'end' then fenced.status else r.status end,
      completed_at = case fenced.kind when 'end' then ${ENDED_AT} end,
      error = fenced.error,
      step_results = fenced.results::jsonb
    from fenced where r.uuid = fenced.uuid
    returning r.uuid, fenced.position, fenced.kind = 'end' as ended
  ), owed as (${owe("saved where ended")})
  select position from saved
  union all
  select item.position from item join workflow_runs r using (uuid)
  where item.kind = 'end' and r.lease_token = item.token and (r.status = item.status) is true
    and item.position not in (select position from saved)`,
);

/** Fenced writes of what runs came to. */
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
    return writeInRounds(items, (batch) => this.#write(batch));
  }

  async #write(items: Progress[]): Promise<Outcome<null>[]> {
    const text = JSON.stringify(items.map(writable));
    const bound = [text, this.#event, this.#clock.now()];
    return outcomesOf(items, await this.#pool.run<{ position: number }>(SAVE_PROGRESS.call, bound));
  }
}

function writable({ uuid, token, logLength, entries, crashes, next }: Progress, position: number) {
  const common = { position, uuid, token, seq: logLength, entries, crashes, kind: next.kind };
  if (next.kind === "give_back") return { ...common, dueAt: next.dueAt };
  if (next.kind === "hold") return common;
  return { ...common, status: next.status, error: next.error, results: next.stepResults };
}
