import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { MOST_CLAIMED_CHARACTERS } from "../port/schedules.ts";
import type {
  DueSchedule,
  InsertedRun,
  NewRun,
  NewSchedule,
  Outcome,
  ScheduleChange,
  ScheduleKey,
  ScheduleMove,
  SchedulePage,
  ScheduleRecord,
} from "../port.ts";
import { refused } from "../refusals.ts";

const COLUMNS = `uuid, namespace, id, workflow, settings, position, revision, last_run_uuid as lastRunId, skipped,
  created_at as createdAt, updated_at as updatedAt`;

const INSERT = `insert into schedules (uuid, namespace, id, workflow, settings, position, due_at, created_at, updated_at)
  values ($uuid, $namespace, $id, $workflow, $settings, $position, $dueAt, $createdAt, $createdAt) on conflict (namespace, id) do nothing`;

const REPLACE = `update schedules set workflow = $workflow, settings = $settings, position = $position, due_at = $dueAt,
  revision = revision + 1, updated_at = $now where namespace = $namespace and id = $id`;

const DELETE = "delete from schedules where namespace = ? and id = ?";

const FIND = `select ${COLUMNS} from schedules where namespace = +? and id = +?`;

const LIST = {
  desc: `select ${COLUMNS} from schedules where namespace = +$namespace and uuid < +$after order by uuid desc limit +$limit`,
  asc: `select ${COLUMNS} from schedules where namespace = +$namespace and uuid > +$after order by uuid limit +$limit`,
};

const NEXT_DUE = "select min(due_at) as dueAt from schedules where due_at is not null";

// A run that waits for its turn is in no queue before.
const IS_UNDER_WAY = `(exists (select 1 from run_queue where run_uuid = last_run_uuid)
    or exists (select 1 from run_turns where run_uuid = last_run_uuid and begun_at is null))`;

const DUE = `select ${COLUMNS}, ${IS_UNDER_WAY} as isUnderWay
  from (
    select *, sum(length(settings)) over (order by due_at, uuid) - length(settings) as before
    from (select * from schedules where due_at <= +? order by due_at limit +?)
  ) where before < ${MOST_CLAIMED_CHARACTERS} order by due_at, uuid`;

const HOLD = "update schedules set due_at = ? where uuid = ?";

const IS_AT = "select 1 from schedules where uuid = ? and revision = ?";

const MOVE = `update schedules set position = $position, due_at = $dueAt, revision = revision + 1, skipped = coalesce($skipped, skipped),
  last_run_uuid = coalesce($run, last_run_uuid) where uuid = $uuid`;

const STARTED = `update schedules set last_run_uuid = coalesce(?, last_run_uuid) where uuid = ? and not ${IS_UNDER_WAY}`;

/** A move whose run has its uuid. */
export interface NamedMove extends ScheduleMove {
  uuid: string;
}

type Row = Omit<ScheduleRecord, "position" | "skipped"> & { position: string; skipped: string | null };

/** Schedules on one SQLite connection. Writes expect an open transaction. */
export class Schedules {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #insertRun: ((run: NewRun) => Outcome<InsertedRun>) | null;

  /** `insertRun`: null on a connection that reads. */
  constructor(database: Database, clock: Clock, insertRun: ((run: NewRun) => Outcome<InsertedRun>) | null) {
    this.#database = database;
    this.#clock = clock;
    this.#insertRun = insertRun;
  }

  insert({ position, ...schedule }: NewSchedule): Outcome<null> {
    const row = { ...schedule, position: JSON.stringify(position) };
    const { changes } = this.#database.query(INSERT).run(row);
    return changes === 0 ? refused("schedule_exists", schedule.id) : { kind: "ok", value: null };
  }

  replace({ position, ...schedule }: ScheduleChange): Outcome<null> {
    const row = { ...schedule, position: JSON.stringify(position), now: this.#clock.now() };
    const { changes } = this.#database.query(REPLACE).run(row);
    return changes === 0 ? refused("schedule_not_found", schedule.id) : { kind: "ok", value: null };
  }

  delete({ namespace, id }: ScheduleKey): Outcome<null> {
    const { changes } = this.#database.query(DELETE).run(namespace, id);
    return changes === 0 ? refused("schedule_not_found", id) : { kind: "ok", value: null };
  }

  find({ namespace, id }: ScheduleKey): ScheduleRecord | null {
    const row = this.#database.query<Row, [string, string]>(FIND).get(namespace, id);
    return row === null ? null : recordOf(row);
  }

  list({ namespace, limit, order, after }: SchedulePage): ScheduleRecord[] {
    const bindings = { namespace, limit, after: after ?? (order === "desc" ? "g" : "") };
    return this.#database.query<Row, typeof bindings>(LIST[order]).all(bindings).map(recordOf);
  }

  nextDue(): number | null {
    return this.#database.query<{ dueAt: number | null }, []>(NEXT_DUE).get()?.dueAt ?? null;
  }

  claim(limit: number, holdMilliseconds: number): DueSchedule[] {
    const now = this.#clock.now();
    const rows = this.#database.query<Row & { isUnderWay: number }, [number, number]>(DUE).all(now, limit);
    for (const { uuid } of rows) this.#database.query(HOLD).run(now + holdMilliseconds, uuid);
    return rows.map((row) => ({ ...recordOf(row), isUnderWay: row.isUnderWay === 1 }));
  }

  move({ schedule, revision, to, skipped, run, uuid }: NamedMove): Outcome<InsertedRun | null> {
    if (this.#database.query(IS_AT).get(schedule, revision) === null) return { kind: "lost" };
    let inserted: InsertedRun | null = null;
    if (run !== null && this.#insertRun !== null) {
      const outcome = this.#insertRun({ ...run, uuid });
      if (outcome.kind !== "ok" || outcome.value.unprepared) return outcome;
      inserted = outcome.value;
    }
    const started = inserted?.uuid ?? null;
    if (to === null) this.#database.query(STARTED).run(started, schedule);
    else {
      this.#database.query(MOVE).run({
        uuid: schedule,
        position: JSON.stringify(to.position),
        dueAt: to.dueAt,
        skipped: skipped && JSON.stringify(skipped),
        run: started,
      });
    }
    return { kind: "ok", value: inserted };
  }
}

function recordOf({ position, skipped, ...row }: Row): ScheduleRecord {
  const { uuid, namespace, id, workflow, settings, revision, lastRunId, createdAt, updatedAt } = row;
  const known = { uuid, namespace, id, workflow, settings, revision, lastRunId, createdAt, updatedAt };
  return { ...known, position: JSON.parse(position), skipped: skipped === null ? null : JSON.parse(skipped) };
}
