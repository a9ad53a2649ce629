/** What was counted is read in pieces, with turns of the event loop between them, and is the same as if it were read at once. */
import { expect, test } from "bun:test";
import { systemClock } from "../../../clock.ts";
import { openWriter } from "../../../db/sqlite.ts";
import { limitsAt } from "../../counting.ts";
import { minuteOf } from "../../port/finding/counts.ts";
import { openMemoryStorage } from "../index.ts";

const WORKFLOWS = 30;
const WEEK = 7 * 24 * 60;
const STATUSES = ["created", "success", "failed", "cancelled"] as const;

function scene() {
  let turns = 0;
  const clock: typeof systemClock = {
    ...systemClock,
    nextTurn(callback) {
      turns++;
      systemClock.nextTurn(callback);
    },
  };
  const database = openWriter(":memory:", "NORMAL");
  const storage = openMemoryStorage(clock, database);
  const now = minuteOf(clock.now());
  const { hours, kept } = limitsAt(now);
  const add = (table: string, minute: number) => {
    const insert = database.prepare(`insert into ${table} values (?, 'default', ?, ?, ?)`);
    for (let n = 0; n < WORKFLOWS; n++)
      for (const [index, status] of STATUSES.entries())
        insert.run(minute, `w${n}`, status, (minute * (n + 3) * (index + 5)) % 97);
  };
  database.transaction(() => {
    for (let hour = kept; hour < hours; hour += 60) add("run_count_hours", hour);
    for (let minute = hours; minute <= now; minute++) add("run_counts", minute);
  })();
  return { database, storage, now, turnsOf: () => turns };
}

test("a week of many workflows", async () => {
  const { database, storage, now, turnsOf } = scene();
  const last = now - (now % 60);
  for (const [from, minutes] of [
    [now - 59, 1],
    [last - WEEK + 60, 60],
    [0, 1],
  ] as const) {
    const before = turnsOf();
    const found = await storage.findCounts({ namespace: "default", from, minutes, workflows: 20 });
    expect(turnsOf() - before).toBeGreaterThan(5);
    const all = `(select * from run_counts union all select * from run_count_hours) where minute >= ${from}`;
    const sums = STATUSES.map((one) => `sum(iif(status = '${one}', count, 0)) as ${one}`).join(", ");
    const order = "order by failed desc, created desc, workflowUuid limit 20";
    expect(found.parts).toEqual(
      database
        .query<(typeof found.parts)[number], []>(
          `select minute - minute % ${minutes} as at, ${sums} from ${all} group by 1 order by 1`,
        )
        .all(),
    );
    expect(found.workflows).toEqual(
      database
        .query<(typeof found.workflows)[number], []>(
          `select workflow_uuid as workflowUuid, ${sums} from ${all} group by 1 ${order}`,
        )
        .all(),
    );
    const [worst] = found.workflows;
    const failures = found.failures.filter(({ workflowUuid }) => workflowUuid === worst?.workflowUuid);
    expect(failures.reduce((sum, { failed }) => sum + failed, 0)).toBe(worst?.failed ?? 0);
    expect(new Set(failures.map(({ at }) => at)).size).toBe(failures.length);
  }
});
