/** Watches ended runs from within the database: no process can change one without leaving a row behind. */
import type { Sql } from "postgres";

/** Records every change of a run that had ended. Call it before the load. */
export async function watchFinalStates(sql: Sql): Promise<void> {
  await sql.unsafe(`
    create table fault_changes (at timestamptz not null default clock_timestamp(), before jsonb not null, after jsonb);
    create function record_final_change() returns trigger language plpgsql as $$
      declare
        before jsonb := to_jsonb(old);
        after jsonb := case when tg_op = 'UPDATE' then to_jsonb(new) end;
      begin
        if before is distinct from after then insert into fault_changes (before, after) values (before, after); end if;
        return null;
      end $$;
    create trigger record_final_change after update or delete on workflow_runs for each row
      when (old.status in ('success', 'failed', 'cancelled')) execute function record_final_change()`);
}

/** What was recorded, in words. */
export async function finalChanges(sql: Sql): Promise<string[]> {
  const rows = await sql<{ before: unknown; after: unknown }[]>`select before, after from fault_changes limit 20`;
  return rows.map(
    ({ before, after }) => `an ended run changed from ${JSON.stringify(before)} to ${JSON.stringify(after)}`,
  );
}
