import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { DEFAULT_PRIORITY } from "../../port/runs/priorities.ts";
import type { ClaimMark, InsertedRun, NewRun, Outcome, Turn, Version } from "../../port.ts";
import { notFound, UNSTORABLE } from "../../refusals.ts";
import type { Definitions, Resolved } from "../definitions.ts";
import type { RunCounter } from "../finding/counts.ts";
import type { Turns } from "../turns.ts";
import type { Workers } from "../workers.ts";
import type { RequestKeys } from "./request-keys.ts";

// A run that was executed before its insert is stored with its start (?7) and end (?9), and token 0, since it was never claimed.
const INSERT = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, created_at, status,
  completed_at, error, step_results, started_at, token, crashes, traceparent, tags, output, error_details) values (?1, ?2, ?3, ?4, ?5,
  ?6, ?7, ?8, ?9, ?10, ?11, iif(?9 is null, null, ?7), iif(?9 is null, null, 0), iif(?9 is null, null, 0), ?12, ?13, ?14, ?15) on conflict (uuid) do nothing`;

const QUEUE = `insert into run_queue (run_uuid, namespace, due_at, started_at, token, claims, holder, claim_id)
  values (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)`;

const STORED = `select workflow_id as workflowUuid, workflow_version as workflowVersion,
  exists (select 1 from run_queue where run_uuid = uuid and claim_id = ? and token = 1) as claimed,
  exists (select 1 from run_turns where run_uuid = uuid and begun_at is null) as waits,
  completed_at is not null as ended from workflow_runs where uuid = ? and namespace = ?`;

const MARK_RUN = "update workflow_runs set start_at = ?, priority = ? where uuid = ?";

// A run that is held is neither due nor in a line.
const MARK_QUEUE =
  "update run_queue set priority = ?, due_at = iif(due_at is null, null, coalesce(?, due_at)) where run_uuid = ?";

const OPEN = { status: "pending", error: null, stepResults: null };

/** Whether a run was made by the version that was found, or there is nothing to be made by it. */
function isPrepared({ preparedFor }: NewRun, { workflowUuid, version, preparesRuns }: Resolved): boolean {
  if (preparedFor === undefined) return !preparesRuns;
  return preparedFor.workflowUuid === workflowUuid && preparedFor.version === version;
}

/** Nothing was stored. */
function left(
  { uuid }: NewRun,
  { workflowUuid, version }: Version,
  why: Pick<InsertedRun, "unprepared" | "isTaken">,
): Outcome<InsertedRun> {
  return { kind: "ok", value: { uuid, workflowUuid, workflowVersion: version, claimed: false, ended: false, ...why } };
}

/** What a run store works with. */
export interface NewRunParts {
  definitions: Definitions;
  workers: Workers;
  turns: Turns;
  keys: RequestKeys;
  counter: RunCounter;
}

interface StoredRow {
  workflowUuid: string;
  workflowVersion: number;
  claimed: number;
  waits: number;
  ended: number;
}

/** Writes items one by one, each with its own outcome. */
export type Each = <Item, Value>(items: Item[], write: (item: Item) => Outcome<Value>) => Outcome<Value>[];

/** Stores runs, on one SQLite connection. Writes expect an open transaction. */
export class NewRuns {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #definitions: Definitions;
  readonly #workers: Workers;
  readonly #turns: Turns;
  readonly #keys: RequestKeys;
  readonly #counter: RunCounter;

  constructor(database: Database, clock: Clock, parts: NewRunParts) {
    this.#database = database;
    this.#clock = clock;
    this.#definitions = parts.definitions;
    this.#workers = parts.workers;
    this.#turns = parts.turns;
    this.#keys = parts.keys;
    this.#counter = parts.counter;
  }

  /** Stores new runs; each workflow, and each worker's lease, is looked up once, since nothing changes it within a transaction. */
  insert(items: NewRun[], each: Each): Outcome<InsertedRun>[] {
    const resolved = new Map<string, Resolved | null>();
    const leases = new Map<string, boolean>();
    return each(items, (item) => {
      const { namespace, workflow, claim } = item;
      // No two have one name: neither has a NUL.
      const name = `${namespace}\0${workflow}`;
      let key = resolved.get(name);
      if (key === undefined) {
        key = this.#definitions.resolve({ namespace, reference: workflow });
        resolved.set(name, key);
      }
      if (key === null) return this.#stored(item) ?? notFound(workflow);
      if (!isPrepared(item, key)) return this.#stored(item) ?? left(item, key, { unprepared: true });
      if (item.requestKey !== undefined && this.#keys.find(item.requestKey) !== null) {
        return this.#stored(item) ?? left(item, key, { isTaken: true });
      }
      if (claim !== null && !leases.has(claim.worker)) leases.set(claim.worker, this.#workers.hasLease(claim.worker));
      if (item.turn !== undefined) return this.#insertWithTurn(item, key, item.turn);
      const isClaimed = claim !== null && leases.get(claim.worker) === true;
      const stored = this.#store(item, key, isClaimed ? claim : null);
      return stored === null ? (this.#stored(item) ?? UNSTORABLE) : { kind: "ok", value: stored };
    });
  }

  /** Stores a run that is neither claimed nor executed before its turn. */
  #insertWithTurn(item: NewRun, { workflowUuid, version }: Version, turn: Turn): Outcome<InsertedRun> {
    const known = this.#stored(item);
    if (known !== null) return known;
    const line = { workflowUuid, line: turn.line };
    // One that begins later is no more than the line then has.
    const isLater = item.startAt !== undefined && item.startAt > this.#clock.now();
    if (turn.onLimit === "reject" && turn.most !== null && !isLater && this.#turns.isFull(line, turn.most)) {
      return { kind: "error", code: "concurrency_limit", subject: String(turn.most) };
    }
    const { namespace, uuid, payload, depth, traceparent, tags = null, graceMilliseconds } = item;
    const own = [uuid, namespace, workflowUuid, version, payload, depth] as const;
    const { changes } = this.#database
      .query(INSERT)
      .run(...own, this.#clock.now(), "pending", null, null, null, traceparent, tags, null, null);
    if (changes === 0) return UNSTORABLE;
    this.#note(item);
    const entered = this.#turns.enter(item, workflowUuid, turn, graceMilliseconds);
    this.#counter.add(namespace, workflowUuid, "created");
    const value = { uuid, workflowUuid, workflowVersion: version, claimed: false, ended: false };
    return { kind: "ok", value: { ...value, ...entered } };
  }

  /** Null for a run that is stored already. `claim` is null where the run is not claimed. */
  #store(item: NewRun, { workflowUuid, version }: Version, claim: ClaimMark | null): InsertedRun | null {
    const { uuid, namespace, payload, depth, traceparent, tags, graceMilliseconds, progress } = item;
    const now = this.#clock.now();
    const ended = progress?.told.workflowUuid === workflowUuid && progress.told.version === version ? progress : null;
    const at = ended?.startedAt ?? now;
    const { status, error, stepResults } = ended?.next ?? OPEN;
    const { output = null, errorDetails = null } = ended?.next ?? {};
    const completedAt = ended === null ? null : Math.max(now, at);
    const own = [uuid, namespace, workflowUuid, version, payload, depth] as const;
    const { changes } = this.#database
      .query(INSERT)
      .run(...own, at, status, completedAt, error, stepResults, traceparent, tags ?? null, output, errorDetails);
    if (changes === 0) return null;
    const inserted = { uuid, workflowUuid, workflowVersion: version };
    if (ended === null) {
      const queue = this.#database.query(QUEUE);
      if (claim === null) queue.run(uuid, namespace, now + graceMilliseconds, null, 0, null, null);
      else queue.run(uuid, namespace, null, now, 1, claim.worker, claim.claimId);
    }
    this.#note(item);
    this.#counter.add(namespace, workflowUuid, "created");
    if (ended !== null) this.#counter.add(namespace, workflowUuid, ended.next.status);
    return { ...inserted, claimed: claim !== null && ended === null, ended: ended !== null };
  }

  /** Writes what few runs have. */
  #note({ uuid, requestKey, startAt, priority }: NewRun): void {
    if (requestKey !== undefined) this.#keys.keep(requestKey, uuid);
    if (startAt === undefined && priority === undefined) return;
    this.#database.query(MARK_RUN).run(startAt ?? null, priority ?? null, uuid);
    const dueAt = startAt === undefined ? null : Math.max(startAt, this.#clock.now());
    this.#database.query(MARK_QUEUE).run(priority ?? DEFAULT_PRIORITY, dueAt, uuid);
  }

  /** The run that a repeated insert finds; claimed only if this very claim holds it, and no worker claimed it since. */
  #stored({ namespace, uuid, claim }: NewRun): Outcome<InsertedRun> | null {
    const row = this.#database
      .query<StoredRow, [string | null, string, string]>(STORED)
      .get(claim?.claimId ?? null, uuid, namespace);
    if (row === null) return null;
    const { workflowUuid, workflowVersion, claimed, waits, ended } = row;
    const value = { uuid, workflowUuid, workflowVersion, claimed: claimed === 1, ended: ended === 1 };
    return { kind: "ok", value: waits === 1 ? { ...value, waits: true } : value };
  }
}
