/**
 * Looks for the next run that is due. While some transaction keeps an old snapshot, the index entries of all runs that ended
 * since it began stay, and a look that begins at the first of them walks them all: 300,000 took 70 ms. So after such a look the
 * next ones, and the claims, begin at a floor.
 */
import type { Clock } from "../../../clock.ts";
import { keptStatement } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { milliseconds } from "../statement.ts";

/** A look that walked more index entries than this sets a floor. Without old snapshots the dead ones are skipped after their first look. */
const MANY = 10_000;
/**
 * How long before now a floor is at least. A statement takes ten seconds at most, so it stores no run that is due earlier, unless
 * its time was over long before: a whole look finds these.
 */
const MARGIN_MILLISECONDS = 10_000;
/** A look without a floor is made again after this time, or longer for each entry that the last one walked (0.2 to 1 µs). */
const WHOLE_MILLISECONDS = 10_000;
const WHOLE_MILLISECONDS_PER_ENTRY = 0.1;

/** Whether a time is not before a floor, in milliseconds since the epoch; 0 is none. */
export const since = (time: string, floor: string) => `${time} >= to_timestamp(${floor}::float8 / 1000)`;

/** The index entries that the transaction has walked, dead ones as well. */
const WALKED = ["run_queue_due", "run_queue_due_begun", "run_queue_by_holder", "run_queue_priority"]
  .map((index) => `pg_stat_get_xact_tuples_returned('${index}'::regclass)`)
  .join(" + ");

/** The soonest of the runs that no message names, which take no patience. Mostly there are none. */
const RANKED = `(select min(soonest.due_at) from (values (1), (2), (3), (4), (5)) as level (priority) cross join lateral (
        select due_at from run_queue q where q.priority = level.priority and q.due_at is not null and q.due_at < 'infinity'
          and ${since("q.due_at", "$2")} order by q.due_at limit 1
      ) as soonest)`;

// With a floor ($2), workers with a lease are not asked whether they hold anything, and those whose lease was over before it
// hold nothing. Whether one holds a run is looked up among all that it ever held.
export const NEXT_DUE = keptStatement(
  "next_due_run",
  ["float8", "float8"],
  { dueAt: "float8", floor: "float8", walked: "float8", ranked: "float8" },
  `with start as materialized (
    select ${WALKED} as walked
  ), found as materialized (
    select walked,
      (select min(due_at) from run_queue where due_at is not null and started_at is not null and ${since("due_at", "$2")} and due_at < 'infinity') as begun,
      (select min(due_at) from run_queue where due_at is not null and ${since("due_at", "$2")} and due_at < 'infinity') as due,
      (select min(lease_until) from workers where ${since("lease_until", "$2")}
        and ($2 > 0 and lease_until > now() or exists (select from run_queue where holder = workers.uuid))) as lapse,
      ${RANKED} as ranked
    from start
  )
  select ${milliseconds(`least(begun, ranked, due + $1 * interval '1 millisecond', lapse)`)},
    ${milliseconds(`least(due, lapse, now() - ${MARGIN_MILLISECONDS} * interval '1 millisecond')`)},
    (${WALKED} - walked)::float8, ${milliseconds("ranked")}
  from found`,
);

interface Look {
  dueAt: number | null;
  /** Nothing is due before it. */
  floor: number;
  walked: number;
  /** When the first of the runs is due that no message names; null for never. */
  ranked: number | null;
}

/** Looks of one process. */
export class DueLooks {
  readonly #pool: Pool;
  readonly #clock: Clock;
  #floor = 0;
  /** When a whole look is made, on the monotonic clock. */
  #wholeAt = Number.NEGATIVE_INFINITY;
  #rankedAt = Number.POSITIVE_INFINITY;

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** What is due before it, in milliseconds since the epoch, is left to the next whole look; mostly 0. */
  get floor(): number {
    return this.#floor;
  }

  /** Whether runs that no message names were due at the last look: claims go by the priority then. */
  get isRanked(): boolean {
    return this.#rankedAt <= this.#clock.now();
  }

  /** See Storage.nextDue. */
  async next(patienceMilliseconds: number): Promise<number | null> {
    const now = this.#clock.monotonic();
    const isWhole = this.#floor === 0 || now >= this.#wholeAt;
    // Should it fail, those with a floor go on.
    if (isWhole) this.#wholeAt = now + WHOLE_MILLISECONDS;
    const [look] = await this.#pool.run<Look>(NEXT_DUE.call, [patienceMilliseconds, isWhole ? 0 : this.#floor]);
    if (look === undefined) throw new Error("a look gives a row");
    if (isWhole) {
      this.#wholeAt = now + Math.max(WHOLE_MILLISECONDS, look.walked * WHOLE_MILLISECONDS_PER_ENTRY);
    }
    this.#rankedAt = look.ranked ?? Number.POSITIVE_INFINITY;
    this.#floor = isWhole && look.walked <= MANY ? 0 : look.floor;
    return look.dueAt;
  }
}
