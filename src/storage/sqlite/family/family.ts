import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import type { Json } from "../../../schemas/json/json.ts";
import type { AwaitedRun, RunEnd } from "../../port.ts";
import { logPause } from "../control/pause-log.ts";
import { CAME, type Inbox } from "../inbox.ts";

const PARENT_OF =
  "select parent_uuid as uuid, parent_path as path from run_queue where run_uuid = ? and parent_uuid is not null";

const PARENT_OF_WAITING =
  "select parent_uuid as uuid, parent_path as path from run_turns where run_uuid = ? and parent_uuid is not null and begun_at is null";

// One that nobody holds is due, and ended by whoever claims it.
const LEAVE = `update run_queue set control = 'cancel', paused_at = null, due_at = iif(holder is null, min(due_at, ?1), due_at)
  where parent_uuid = ?2 and parent_cancels`;

/** Those that stand still. */
const STOOD = `select run_uuid as uuid, paused_at as pausedAt from run_queue
  where ?1 = ?1 and parent_uuid = ?2 and parent_cancels and paused_at is not null and holder is null and started_at is not null`;

// One that waits for its turn as well: it is due, and leaves its line.
const OF_WAITING = "from run_turns as t where parent_uuid = ?2 and parent_cancels and begun_at is null";
const DUE = `insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels, control, inbox)
  select run_uuid, namespace, ?1, parent_uuid, parent_path, parent_cancels, 'cancel', ${CAME} ${OF_WAITING}`;
const LEAVE_LINE = `delete ${OF_WAITING} and ?1 = ?1`;

const OF_PATH = "and parent_path = ?3";

const AWAITED = `select parent_path as path, run_uuid as uuid from run_queue where parent_uuid = ?1
  union all select parent_path, run_uuid from run_turns where parent_uuid = ?1 and begun_at is null`;

/** See Storage. */
export function awaitedBy(database: Database, uuid: string): AwaitedRun[] {
  return database.query<AwaitedRun, [string]>(AWAITED).all(uuid);
}

interface Stood {
  uuid: string;
  pausedAt: number;
}

/** Runs and those that they start, on one SQLite connection. It expects an open transaction. */
export class Family {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #inbox: Inbox;

  constructor(database: Database, clock: Clock, inbox: Inbox) {
    this.#database = database;
    this.#clock = clock;
    this.#inbox = inbox;
  }

  /** Tells the run that waits for one that ended. To be called before that leaves the queue. */
  tellParent(uuid: string, { status, error, output, errorDetails }: Omit<RunEnd, "kind" | "stepResults">): void {
    const parent = this.#parentOf(PARENT_OF, uuid) ?? this.#parentOf(PARENT_OF_WAITING, uuid);
    if (parent === null) return;
    const said = { output: parsed(output), error: errorDetails === undefined ? error : parsed(errorDetails) };
    this.#inbox.tell(parent.uuid, parent.path, uuid, { run_id: uuid, status, ...said });
  }

  /** Cancels the runs that attempts of a run, or all of them (null), wait for no more. */
  leave(uuid: string, paths: readonly string[] | null): void {
    const now = this.#clock.now();
    for (const { uuid: child, pausedAt } of this.#stood(now, uuid, paths)) {
      logPause(this.#database, child, pausedAt, now);
    }
    for (const sql of [LEAVE, DUE, LEAVE_LINE]) {
      if (paths === null) this.#database.query(sql).run(now, uuid);
      else for (const path of paths) this.#database.query(`${sql} ${OF_PATH}`).run(now, uuid, path);
    }
  }

  #stood(now: number, uuid: string, paths: readonly string[] | null): Stood[] {
    if (paths === null) return this.#database.query<Stood, [number, string]>(STOOD).all(now, uuid);
    const query = this.#database.query<Stood, [number, string, string]>(`${STOOD} ${OF_PATH}`);
    return paths.flatMap((path) => query.all(now, uuid, path));
  }

  #parentOf(sql: string, uuid: string): { uuid: string; path: string } | null {
    return this.#database.query<{ uuid: string; path: string }, [string]>(sql).get(uuid);
  }
}

function parsed(text = "null"): Json {
  return JSON.parse(text);
}
