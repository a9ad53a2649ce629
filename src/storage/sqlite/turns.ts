import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import { DEFAULT_PRIORITY } from "../port/runs/priorities.ts";
import { LOOK_MILLISECONDS, MOST_LINES, type Turn, type TurnsTaken } from "../port/runs/turns.ts";
import type { InsertedRun, NewRun } from "../port.ts";
import { CAME } from "./inbox.ts";
import { NEVER } from "./never.ts";

/** Runs that are counted together. */
export interface Line {
  workflowUuid: string;
  line: string;
}

interface Waiting extends RunKey {
  seq: number;
  most: number | null;
  rateKey: string | null;
  rateMost: number | null;
  ratePer: number | null;
}

interface Count {
  count: number;
}

const OF_LINE = "workflow_uuid = +? and line = +?";
const IS_OPEN = "exists (select 1 from run_queue q where q.run_uuid = run_turns.run_uuid)";

/** A run waits for its turn, and not for its time. */
const WAITS = "begun_at is null and coalesce(start_at, 0) <= +?";

const JOIN = `insert into run_turns (run_uuid, namespace, workflow_uuid, line, most, cancels_oldest, rate_key, rate_most, rate_per,
  start_at, priority) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;
const FIRST = `select seq, run_uuid as uuid, namespace, most, rate_key as rateKey, rate_most as rateMost, rate_per as ratePer
  from run_turns where ${OF_LINE} and ${WAITS} order by seq limit 1`;
const NEXT_START = `select min(start_at) as at from run_turns where ${OF_LINE} and begun_at is null`;
const UNDER_WAY = `select count(*) as count from run_turns where ${OF_LINE} and begun_at is not null and ${IS_OPEN}`;
const WAITING = `select count(*) as count from run_turns where ${OF_LINE} and ${WAITS}`;
const OLDEST = `select run_uuid as uuid, namespace from run_turns where ${OF_LINE} and begun_at is not null and ${IS_OPEN}
  order by seq limit +?`;
const CANCELS = `select cancels_oldest as cancels, most from run_turns where ${OF_LINE} and ${WAITS} order by seq limit 1`;
const IS_BEHIND = `select 1 from run_turns where workflow_uuid = +? and rate_key = +? and ${WAITS} and seq < +? limit 1`;
const BEGINS = `select begun_at as at from run_turns where workflow_uuid = +? and rate_key = +? and begun_at > +?
  order by begun_at desc limit +?`;
const BEGIN = "update run_turns set begun_at = ? where seq = ?";
const ENQUEUE = `insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels, priority, paused_at, log_length,
    inbox)
  select run_uuid, namespace, iif(paused_at is null, ?, ${NEVER}), parent_uuid, parent_path, parent_cancels, priority, paused_at,
    (select count(*) from run_log where run_log.run_uuid = t.run_uuid), ${CAME} from run_turns t where seq = ?`;
/** What counts for nothing any more. */
const FORGET = `delete from run_turns where ${OF_LINE} and begun_at is not null and not ${IS_OPEN}
  and (rate_per is null or begun_at + rate_per <= +?)`;
const OVER = `select seq from run_turns where begun_at is not null and not ${IS_OPEN}
  and (rate_per is null or begun_at + rate_per <= +?)`;
const LINE_OF = "select workflow_uuid as workflowUuid, line from run_turns where run_uuid = ? and namespace = ?";
const ANY = "select 1 from run_turns where begun_at is null limit 1";
const LINES = `select distinct workflow_uuid as workflowUuid, line from run_turns
  where begun_at is null and (workflow_uuid, line) > (?, ?) order by workflow_uuid, line limit ${MOST_LINES}`;
const BEFORE_ALL: Line = { workflowUuid: "", line: "" };

/** Runs that take turns, on one SQLite connection. Writes expect an open transaction. */
export class Turns {
  readonly #database: Database;
  readonly #clock: Clock;
  /** The last line that a look went through; the next one goes on behind it. */
  #lookedTo = BEFORE_ALL;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Whether a line has all the runs that it may have, those that wait included. */
  isFull({ workflowUuid, line }: Line, most: number): boolean {
    return this.#underWay(workflowUuid, line) + this.#waitingIn(workflowUuid, line) >= most;
  }

  /** Puts a run that was just stored at the end of its line. */
  join(
    { namespace, uuid, startAt, priority }: RunKey & Pick<NewRun, "startAt" | "priority">,
    workflowUuid: string,
    { line, most, onLimit, rate }: Turn,
  ): void {
    const own = startAt === undefined && priority === undefined ? null : (priority ?? DEFAULT_PRIORITY);
    const cancels = onLimit === "cancel_oldest" ? 1 : 0;
    const rated = [rate?.key ?? null, rate?.most ?? null, rate?.perMilliseconds ?? null];
    this.#database.query(JOIN).run(uuid, namespace, workflowUuid, line, most, cancels, ...rated, startAt ?? null, own);
  }

  /** Has a run that was just stored join its line, and begin if it may; gives whether it waits, and what is to be cancelled for it. */
  enter(
    run: Parameters<Turns["join"]>[0],
    workflowUuid: string,
    turn: Turn,
    graceMilliseconds = 0,
  ): Pick<InsertedRun, "waits" | "cancel"> {
    const line = { workflowUuid, line: turn.line };
    this.join(run, workflowUuid, turn);
    const { begun } = this.advance(line, (uuid) => (uuid === run.uuid ? graceMilliseconds : 0));
    const cancel = this.toCancel(line);
    const waits = begun.some(({ uuid }) => uuid === run.uuid) ? {} : { waits: true as const };
    return { ...waits, ...(cancel.length > 0 && { cancel }) };
  }

  /** Lets runs of a line begin, in order, while there is room: each is due after its grace. */
  advance(
    line: Line,
    graceOf: (uuid: string) => number = () => 0,
  ): Pick<TurnsTaken, "begun"> & { freeAt: number | null } {
    const { workflowUuid } = line;
    const now = this.#clock.now();
    this.#database.query(FORGET).run(workflowUuid, line.line, now);
    const begun: RunKey[] = [];
    for (;;) {
      const first = this.#database.query<Waiting, [string, string, number]>(FIRST).get(workflowUuid, line.line, now);
      if (first === null) return { begun, freeAt: this.#nextStart(line) };
      const freeAt = this.#freeAt(line, first, now);
      if (freeAt > now) return { begun, freeAt };
      this.#database.query(BEGIN).run(now, first.seq);
      this.#database.query(ENQUEUE).run(now + graceOf(first.uuid), first.seq);
      begun.push({ namespace: first.namespace, uuid: first.uuid });
    }
  }

  /** When the next run of a line that nobody waits in comes to it; null for never. */
  #nextStart({ workflowUuid, line }: Line): number | null {
    const query = this.#database.query<{ at: number | null }, [string, string]>(NEXT_START);
    return query.get(workflowUuid, line)?.at ?? null;
  }

  /** When the first of a line may begin, as far as is known; milliseconds since the epoch. */
  #freeAt({ workflowUuid, line }: Line, { seq, most, rateKey, rateMost, ratePer }: Waiting, now: number): number {
    const later = now + LOOK_MILLISECONDS;
    if (most !== null && this.#underWay(workflowUuid, line) >= most) return later;
    if (rateKey === null || rateMost === null || ratePer === null) return now;
    if (this.#database.query(IS_BEHIND).get(workflowUuid, rateKey, now, seq) !== null) return later;
    const query = this.#database.query<{ at: number }, [string, string, number, number]>(BEGINS);
    const begins = query.all(workflowUuid, rateKey, now - ratePer, rateMost);
    const oldest = begins.length < rateMost ? undefined : begins.at(-1);
    return oldest === undefined ? now : oldest.at + ratePer;
  }

  /** The oldest runs under way of a line whose first run has them cancelled: one for each that waits. */
  toCancel({ workflowUuid, line }: Line): RunKey[] {
    const query = this.#database.query<{ cancels: number; most: number | null }, [string, string, number]>(CANCELS);
    const first = query.get(workflowUuid, line, this.#clock.now());
    if (first === null || first.cancels === 0 || first.most === null) return [];
    const over = this.#underWay(workflowUuid, line) + this.#waitingIn(workflowUuid, line) - first.most;
    return this.#database.query<RunKey, [string, string, number]>(OLDEST).all(workflowUuid, line, Math.max(0, over));
  }

  /** Whether there are rows that count for nothing any more, for a reader: lines that nobody comes to leave some behind. */
  isAnyOver(): boolean {
    return this.#database.query(`${OVER} limit 1`).get(this.#clock.now()) !== null;
  }

  /** Drops these. */
  forget(): void {
    this.#database.query(`delete from run_turns where seq in (${OVER})`).run(this.#clock.now());
  }

  take(ended: RunKey[]): TurnsTaken {
    const lineOf = this.#database.query<Line, [string, string]>(LINE_OF);
    const own = ended.flatMap(({ namespace, uuid }) => lineOf.get(uuid, namespace) ?? []);
    const from = this.#lookedTo;
    const lines = new Map([...own, ...this.#waiting()].map((line) => [JSON.stringify(line), line]));
    const taken: TurnsTaken = { begun: [], cancel: [], nextAt: null };
    if (from !== BEFORE_ALL || this.#lookedTo !== BEFORE_ALL) taken.nextAt = this.#clock.now() + LOOK_MILLISECONDS;
    for (const line of lines.values()) {
      const { begun, freeAt } = this.advance(line);
      taken.begun.push(...begun);
      taken.cancel.push(...this.toCancel(line));
      if (freeAt !== null) taken.nextAt = Math.min(taken.nextAt ?? freeAt, freeAt);
    }
    return taken;
  }

  /** For a reader. */
  isAnyWaiting(): boolean {
    return this.#database.query(ANY).get() !== null;
  }

  #waiting(): Line[] {
    const { workflowUuid, line } = this.#lookedTo;
    const lines = this.#database.query<Line, [string, string]>(LINES).all(workflowUuid, line);
    this.#lookedTo = lines[MOST_LINES - 1] ?? BEFORE_ALL;
    return lines;
  }

  #underWay(workflowUuid: string, line: string): number {
    return this.#database.query<Count, [string, string]>(UNDER_WAY).get(workflowUuid, line)?.count ?? 0;
  }

  #waitingIn(workflowUuid: string, line: string): number {
    const statement = this.#database.query<Count, [string, string, number]>(WAITING);
    return statement.get(workflowUuid, line, this.#clock.now())?.count ?? 0;
  }
}
