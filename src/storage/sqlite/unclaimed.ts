import type { Database } from "bun:sqlite";
import type { RunKey } from "../../schemas/runs/run.ts";
import type { FoundRuns, UnclaimedRun } from "../port.ts";

const FIND = `select namespace, uuid, workflow_id as workflowUuid, workflow_version as version, payload, traceparent,
  exists (select 1 from run_queue where run_uuid = uuid and token = 0 and started_at is null and paused_at is null and log_length = 0 and priority is null) as isUnclaimed
  from workflow_runs where uuid = ?`;

/** Look-ups of runs that were never claimed, on one SQLite connection. */
export class UnclaimedRuns {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  find(keys: RunKey[], maxBytes: number): FoundRuns {
    const statement = this.#database.query<UnclaimedRun & { isUnclaimed: number }, [string]>(FIND);
    const found: FoundRuns = { unclaimed: [], taken: [] };
    let room = maxBytes;
    const seen = new Set<string>();
    for (const { namespace, uuid } of keys) {
      const row = seen.has(uuid) ? null : statement.get(uuid);
      if (row?.namespace !== namespace) continue;
      seen.add(uuid);
      const { isUnclaimed, ...run } = row;
      if (isUnclaimed === 0) found.taken.push({ namespace, uuid });
      else if (room > 0 || found.unclaimed.length === 0) {
        room -= run.payload.length;
        found.unclaimed.push(run);
      }
    }
    return found;
  }
}
