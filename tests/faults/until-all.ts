/** Waits until nothing is left to be done. */
import type { Sql } from "postgres";
import { messageOf } from "../../src/errors.ts";
import { until } from "./load/waiting.ts";

/** What could not be sent waits half a minute for its next turn. */
const SENT_MS = 120_000;
const POLL_MS = 200;
/** Counting them takes the database some time of its own. */
const COUNT_MS = 1000;

/**
 * Resolves when every run has ended, and how many milliseconds that took: a slow machine has more left to do, and may take its time.
 *
 * @param stillMs within so long fewer have to be left each time
 * @throws Error naming some that have not ended
 */
export async function untilAllEnded(sql: Sql, stillMs: number): Promise<number> {
  const start = performance.now();
  const isOpen = sql`status not in ('success', 'failed', 'cancelled')`;
  let least = Number.POSITIVE_INFINITY;
  const fewer = async () => {
    const [row] = await sql<{ count: number }[]>`select count(*)::integer as count from workflow_runs where ${isOpen}`;
    const isFewer = row !== undefined && row.count < least;
    if (isFewer) least = row.count;
    return isFewer;
  };
  try {
    while (least > 0) await until("fewer runs are left", stillMs, fewer, COUNT_MS);
  } catch (error) {
    const left =
      await sql`select uuid, status, to_jsonb(q) as queued, now() from workflow_runs left join run_queue q on run_uuid = uuid
      where ${isOpen} limit 5`;
    throw new Error(`${messageOf(error)}; there are ${least}, among them ${JSON.stringify(left)}`);
  }
  return performance.now() - start;
}

/** Resolves when the broker has the completed event of every run that ended, and how many milliseconds that took. */
export function untilAllSent(sql: Sql, deadlineMs = SENT_MS): Promise<number> {
  return untilNone("every completed event is sent", deadlineMs, () => {
    return sql`select run_uuid, due_at, now() from owed_events
      union all select run_uuid, due_at, now() from run_queue where ended limit 5`;
  });
}

async function untilNone(
  what: string,
  deadlineMs: number,
  find: () => PromiseLike<readonly unknown[]>,
): Promise<number> {
  let left: readonly unknown[] = [];
  const none = async () => {
    left = await find();
    return left.length === 0;
  };
  try {
    return await until(what, deadlineMs, none, POLL_MS);
  } catch (error) {
    throw new Error(`${messageOf(error)}; there are ${JSON.stringify(left)}`);
  }
}
