import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { type Figures, FRESH_MILLISECONDS, MOST_COUNTED } from "../port/finding/figures.ts";
import { type DueLooks, since } from "./claims/due-looks.ts";
import { boundOf, monthAfter, timeOf } from "./partitions/months.ts";
import { milliseconds } from "./statement.ts";

const count = (rows: string) => `(select count(*) from (select from ${rows} limit ${MOST_COUNTED}) as counted)`;

const monthOf = (time: string) =>
  `(select extract(year from month) * 12 + extract(month from month) from (select (${time}) at time zone 'UTC' as month) as of_time)`;

/** The end of the first month; runs before it were kept when their months were dropped. */
const FIRST_ENDED_AT = monthAfter(timeOf(boundOf("workflow_runs_past", "TO")));

// While some transaction keeps an old snapshot, due runs are counted from a floor ($1), see DueLooks. Runs that are held are not
// counted: the entries of all that ever were held would be walked, and workers know what they hold. One process measures at a
// time; the others are given what was measured before.
export const FIGURES = keptStatement(
  "figures",
  ["float8"],
  {
    due: "integer",
    asleep: "integer",
    waiting: "integer",
    inLine: "integer",
    paused: "integer",
    owed: "integer",
    oldestOwedAt: "float8",
    monthsAhead: "integer",
    oldestEndedAt: "float8",
  },
  `select due, asleep, waiting, in_line, paused, owed, ${milliseconds("oldest_owed_at")}, months_ahead, ${milliseconds("oldest_ended_at")} from figures`,
  `update figures set measured_at = now(),
    due = ${count(`run_queue where due_at <= now() and ${since("due_at", "$1")} and not ended`)},
    asleep = ${count("run_queue where due_at > now() and due_at < 'infinity' and started_at is not null and not ended")},
    waiting = (select count(*) from (
      select paused_at, ended from run_queue where due_at = 'infinity' limit ${MOST_COUNTED}
    ) as looked where paused_at is null and not ended),
    in_line = ${count("run_turns where begun_at is null")},
    paused = ${count("run_queue where paused_at is not null and holder is null and not ended")},
    owed = ${count("owed_events")},
    oldest_owed_at = (
      select min(r.completed_at) from (select run_uuid from owed_events order by run_uuid limit 1000) as owed
      cross join lateral (select completed_at from workflow_runs where uuid = owed.run_uuid offset 0) as r
    ),
    months_ahead = ${monthOf(timeOf(boundOf("workflow_runs_after", "FROM")))} - ${monthOf("now()")} - 1,
    oldest_ended_at = case when ${FIRST_ENDED_AT} <= now() then ${FIRST_ENDED_AT} end
  where only_row = (
    select only_row from figures where measured_at < now() - ${FRESH_MILLISECONDS} * interval '1 millisecond'
    for update skip locked
  )`,
);

/** See Storage. */
export async function figuresOf(pool: Pool, looks: DueLooks, owesEvents: boolean): Promise<Figures> {
  const [figures] = await pool.run<Figures>(FIGURES.call, [looks.floor]);
  if (figures === undefined) throw new Error("The table figures has a row");
  return owesEvents ? figures : { ...figures, owed: null, oldestOwedAt: null };
}
