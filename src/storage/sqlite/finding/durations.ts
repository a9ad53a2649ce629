import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { atOnce } from "../../../db/sqlite.ts";
import { limitsAt } from "../../counting.ts";
import { minuteOf } from "../../port/finding/counts.ts";
import type { DurationCount, DurationsAsked, DurationsFound } from "../../port.ts";

const ADD = `insert into run_durations (minute, namespace, workflow_uuid, bucket, count) values (?, ?, ?, ?, ?)
  on conflict do update set count = count + excluded.count`;

const FOLD = `insert into run_duration_hours (minute, namespace, workflow_uuid, bucket, count)
  select minute - minute % 60 as hour, namespace, workflow_uuid, bucket, sum(count) from run_durations where minute < ?
  group by hour, workflow_uuid, bucket, namespace
  on conflict do update set count = run_duration_hours.count + excluded.count`;
const FORGET = "delete from run_durations where minute < ?";
const DROP = "delete from run_duration_hours where minute < ?";

const ANY_OLD =
  "select exists (select 1 from run_durations where minute < ?) or exists (select 1 from run_duration_hours where minute < ?) as isOld";

// Looked up minute by minute and workflow by workflow: others may have many more.
const found = (table: string, step: number) => `with minutes (minute) as (
    select ? union all select minute + ${step} from minutes where minute + ${step} <= ?
  )
  select d.workflow_uuid as workflowUuid, d.bucket, sum(d.count) as count
  from minutes cross join json_each(?) as w cross join ${table} d on d.minute = minutes.minute and d.workflow_uuid = w.value
  where d.namespace = ? group by 1, 2`;
const FIND = found("run_durations", 1);
const FIND_HOURS = found("run_duration_hours", 60);

/** How long runs took, on one SQLite connection. Writes expect an open transaction. */
export class Durations {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  add(items: DurationCount[]): void {
    const statement = this.#database.query(ADD);
    for (const { minute, namespace, workflowUuid, bucket, count } of items) {
      statement.run(minute, namespace, workflowUuid, bucket, count);
    }
  }

  /** See Storage. */
  find({ namespace, from, workflows }: DurationsAsked): DurationsFound[] {
    const now = minuteOf(this.#clock.now());
    // Hours may have been put together that are not old enough for it any more: the clock was set back.
    const first = Math.max(from, limitsAt(now).hours - 60);
    const asked = [JSON.stringify(workflows), namespace] as const;
    const read = (text: string, start: number) =>
      this.#database.query<DurationsFound, (string | number)[]>(text).all(start, now, ...asked);
    // Minutes that were put together between the two would be counted twice.
    return atOnce(this.#database, () => [...read(FIND, first), ...read(FIND_HOURS, from - (from % 60))]);
  }

  /** Whether there is something to fold. */
  get areOld(): boolean {
    const { hours, kept } = limitsAt(minuteOf(this.#clock.now()));
    return this.#database.query<{ isOld: number }, [number, number]>(ANY_OLD).get(hours, kept)?.isOld === 1;
  }

  /** Puts old minutes together, and drops old hours. */
  fold(): void {
    const { hours, kept } = limitsAt(minuteOf(this.#clock.now()));
    this.#database.query(FOLD).run(hours);
    this.#database.query(FORGET).run(hours);
    this.#database.query(DROP).run(kept);
  }
}
