import type { Clock } from "../../../clock.ts";
import { equals, keptStatement } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { MOST_CLAIMED_CHARACTERS } from "../../port/schedules.ts";
import type {
  DueSchedule,
  NewSchedule,
  Outcome,
  ScheduleChange,
  ScheduleKey,
  ScheduleMove,
  SchedulePage,
  ScheduleRecord,
  Schedules,
} from "../../port.ts";
import { refused } from "../../refusals.ts";
import type { Ids } from "../ids.ts";
import { FIRST_UUID, LAST_UUID, milliseconds, writeBatch } from "../statement.ts";
import { IS_UNDER_WAY, MOVE_SCHEDULES, moveSchedules } from "./move.ts";

const COLUMNS = `uuid, namespace, id, workflow, settings::text as settings, position::text as position, revision,
  last_run_uuid as "lastRunId", skipped::text as skipped, ${milliseconds("created_at")} as "createdAt", ${milliseconds("updated_at")} as "updatedAt"`;

const TIME = (parameter: string) => `to_timestamp(${parameter}::float8 / 1000)`;

// One that is repeated since its answer was lost finds its own row.
const INSERT = `insert into schedules (uuid, namespace, id, workflow, settings, position, due_at, created_at, updated_at)
  values ($1::text::uuid, $2, $3, $4, $5::text::json, $6::text::json, ${TIME("$7")}, ${TIME("$8")}, ${TIME("$8")})
  on conflict (namespace, id) do update set id = excluded.id where schedules.uuid = excluded.uuid returning uuid`;

const REPLACE = `update schedules set workflow = $3, settings = $4::text::json, position = $5::text::json, due_at = ${TIME("$6")},
  revision = revision + 1, updated_at = now() where namespace = $1 and id = $2 returning uuid`;

const DELETE = "delete from schedules where namespace = $1 and id = $2 returning uuid";

const FIND = `select ${COLUMNS} from schedules where namespace = $1 and id = $2`;

const LIST = {
  desc: `select ${COLUMNS} from schedules where namespace = $1 and uuid < $3::text::uuid order by uuid desc limit $2::integer`,
  asc: `select ${COLUMNS} from schedules where namespace = $1 and uuid > $3::text::uuid order by uuid limit $2::integer`,
};

/** When the next schedule is to be looked at. */
const NEXT_SCHEDULE = keptStatement(
  "next_schedule",
  [],
  { dueAt: "float8" },
  `select ${milliseconds("s.due_at")} from schedules s where s.due_at is not null order by s.due_at limit 1`,
);

const CLAIM_SCHEDULES = keptStatement(
  "claim_schedules",
  ["integer", "float8"],
  {
    uuid: "uuid",
    namespace: "text",
    id: "text",
    workflow: "text",
    settings: "text",
    position: "text",
    revision: "integer",
    lastRunId: "uuid",
    skipped: "text",
    createdAt: "float8",
    updatedAt: "float8",
    isUnderWay: "boolean",
  },
  `with due as materialized (
    select uuid, due_at, length(settings::text) as size from schedules where due_at <= now() order by due_at limit $1 for update skip locked
  ), claimed as (
    select uuid from (select uuid, sum(size) over (order by due_at, uuid) - size as before from due) as placed
    where before < ${MOST_CLAIMED_CHARACTERS}
  )
  update schedules s set due_at = now() + $2 * interval '1 millisecond' from claimed where ${equals("s.uuid", "claimed.uuid")}
  returning s.uuid, s.namespace, s.id, s.workflow, s.settings::text, s.position::text, s.revision, s.last_run_uuid, s.skipped::text,
    ${milliseconds("s.created_at")}, ${milliseconds("s.updated_at")},
    ${IS_UNDER_WAY}`,
);

/** What the database keeps for schedules. */
export const SCHEDULE_STATEMENTS = [NEXT_SCHEDULE, CLAIM_SCHEDULES, MOVE_SCHEDULES];

type Row = Omit<ScheduleRecord, "position" | "skipped"> & { position: string; skipped: string | null };

/** Schedules of a database. */
export class PostgresSchedules implements Schedules {
  readonly #pool: Pool;
  readonly #ids: Ids;
  readonly #clock: Clock;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, ids: Ids, clock: Clock, owesEvents: boolean) {
    this.#pool = pool;
    this.#ids = ids;
    this.#clock = clock;
    this.#event = owesEvents ? "owed" : "none";
  }

  async insert(schedule: NewSchedule): Promise<Outcome<null>> {
    const { uuid, namespace, id, workflow, settings, position, dueAt, createdAt } = schedule;
    const values = [uuid, namespace, id, workflow, settings, JSON.stringify(position), dueAt, createdAt];
    return outcomeOf(await this.#pool.run(INSERT, values), () => refused("schedule_exists", id));
  }

  async replace(schedule: ScheduleChange): Promise<Outcome<null>> {
    const { namespace, id, workflow, settings, position, dueAt } = schedule;
    const values = [namespace, id, workflow, settings, JSON.stringify(position), dueAt];
    return outcomeOf(await this.#pool.run(REPLACE, values), () => refused("schedule_not_found", id));
  }

  async delete({ namespace, id }: ScheduleKey): Promise<Outcome<null>> {
    return outcomeOf(await this.#pool.run(DELETE, [namespace, id], false), () => refused("schedule_not_found", id));
  }

  async find({ namespace, id }: ScheduleKey): Promise<ScheduleRecord | null> {
    const [row] = await this.#pool.run<Row>(FIND, [namespace, id]);
    return row === undefined ? null : recordOf(row);
  }

  async list({ namespace, limit, order, after }: SchedulePage): Promise<ScheduleRecord[]> {
    const first = order === "desc" ? LAST_UUID : FIRST_UUID;
    const rows = await this.#pool.run<Row>(LIST[order], [namespace, limit, after ?? first]);
    return rows.map(recordOf);
  }

  async nextDue(): Promise<number | null> {
    const [row] = await this.#pool.run<{ dueAt: number }>(NEXT_SCHEDULE.call, []);
    return row?.dueAt ?? null;
  }

  async claimDue(limit: number, holdMilliseconds: number): Promise<DueSchedule[]> {
    const rows = await this.#pool.run<Row & { isUnderWay: boolean }>(CLAIM_SCHEDULES.call, [limit, holdMilliseconds]);
    return rows.map((row) => ({ ...recordOf(row), isUnderWay: row.isUnderWay }));
  }

  move(moves: ScheduleMove[]): ReturnType<Schedules["move"]> {
    return writeBatch(moves, (batch) =>
      this.#ids.store(
        batch.map((move) => ({ ...move, uuid: null })),
        (named, oldest) => moveSchedules(this.#pool, named, [this.#event, this.#clock.now(), oldest]),
      ),
    );
  }
}

function outcomeOf(rows: object[], refusal: () => Outcome<null>): Outcome<null> {
  return rows.length === 0 ? refusal() : { kind: "ok", value: null };
}

function recordOf({ position, skipped, ...row }: Row): ScheduleRecord {
  const { uuid, namespace, id, workflow, settings, revision, lastRunId, createdAt, updatedAt } = row;
  const known = { uuid, namespace, id, workflow, settings, revision, lastRunId, createdAt, updatedAt };
  return { ...known, position: JSON.parse(position), skipped: skipped === null ? null : JSON.parse(skipped) };
}
