import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import type { PageRequest } from "../../schemas/page.ts";
import type { RunKey } from "../../schemas/run.ts";
import type {
  Claim,
  ClaimedRun,
  ClaimMark,
  DueClaim,
  InsertedRun,
  MessageClaim,
  NewRun,
  Outcome,
  Progress,
  RunRecord,
  VersionKey,
} from "../port.ts";
import { type Definitions, listPage, notFound } from "./definitions.ts";
import { done, type Workers } from "./workers.ts";

// SQLite 3.54 plans a join with parameters anew at each call (30 µs of a look at a run), and nested selects once.
const QUEUED = "from run_queue where run_uuid = uuid";

/** A run that is not over is as run_queue says. */
const COLUMNS = `uuid, coalesce(id, uuid) as id, workflow_id as workflowUuid, workflow_version as workflowVersion,
  iif(status = 'pending' and exists (select 1 ${QUEUED} and started_at is not null), 'running', status) as status, payload,
  created_at as createdAt, coalesce(started_at, (select started_at ${QUEUED})) as startedAt, completed_at as completedAt, error,
  step_results as stepResults, coalesce((select log_length ${QUEUED}), 0) as logLength`;

const INSERT = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, created_at)
  values (?, ?, ?, ?, ?, ?, ?) on conflict (uuid) do nothing`;

const QUEUE =
  "insert into run_queue (run_uuid, namespace, due_at, started_at, token, holder, claim_id) values (?, ?, ?, ?, ?, ?, ?)";

const INSERT_ENDED = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, created_at,
  status, started_at, completed_at, error, step_results, token, crashes) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
  on conflict (uuid) do nothing`;

const FIND = `select ${COLUMNS} from workflow_runs where uuid = ? and namespace = ?`;

const LIST = {
  desc: `select ${COLUMNS} from workflow_runs where namespace = $namespace and uuid < $after
    order by uuid desc limit $limit`,
  asc: `select ${COLUMNS} from workflow_runs where namespace = $namespace and uuid > $after and uuid < $until
    order by uuid limit $limit`,
};

const STORED = `select workflow_id as workflowUuid, workflow_version as workflowVersion,
  exists (select 1 ${QUEUED} and claim_id = ? and token = 1) as claimed, completed_at is not null as ended
  from workflow_runs where uuid = ?`;

// "cross join" has the queue read first.
const CLAIMABLE = `select run_uuid as uuid, log_length as logLength, q.token + 1 as token, q.crashes, workflow_id as workflowUuid,
  workflow_version as workflowVersion, payload, depth from run_queue q cross join workflow_runs r on r.uuid = run_uuid`;

const NEW = `${CLAIMABLE} where run_uuid = ? and q.token = 0 and q.started_at is null`;

const DUE = `${CLAIMABLE} where due_at <= ? and (q.started_at is not null or due_at <= ?) order by due_at limit ?`;

// Reading a row and updating it are two statements: "returning" and "update from" make a table of their own for each row, which
// takes 15 and 50 µs. Nothing changes the row in between, since this connection alone writes.
const CLAIM = `update run_queue set token = ?, due_at = null, holder = ?, claim_id = ?, started_at = coalesce(started_at, ?)
  where run_uuid = ?`;

const NEXT_DUE = "select min(due_at) as dueAt from run_queue where due_at is not null";

const NEXT_DUE_BEGUN = `${NEXT_DUE} and started_at is not null`;

const LOG = "select entries from run_log where run_uuid = ? order by seq";

// The fence is part of the statement: a writer whose lease another one took finds no row.
const FENCE = "run_uuid = ? and token = ? and started_at is not null";

const APPEND = `insert into run_log (run_uuid, seq, token, entries) select run_uuid, ?, token, ? from run_queue where ${FENCE}
  on conflict do nothing`;

const HOLD = `update run_queue set log_length = max(log_length, ?), crashes = ? where ${FENCE}`;

// A run with a request does not sleep on it: it is due at once.
const GIVE_BACK = `update run_queue set log_length = max(log_length, ?), crashes = ?,
  due_at = case when control is null then ? else ? end, holder = null, claim_id = null where ${FENCE}`;

const STARTED = `select started_at as startedAt from run_queue where ${FENCE}`;

const END = `update workflow_runs set status = ?, completed_at = ?, error = ?, step_results = ?, token = ?, crashes = ?,
  started_at = ? where uuid = ?`;

/** Takes a run that ended out of the queue. */
export const LEAVE = "delete from run_queue where run_uuid = ?";

/** Whether a write that changed nothing was done before. */
export const SAVED_ALIKE = "select 1 from workflow_runs where uuid = ? and token = ? and status = ?";

/** Writes items one by one, each with its own outcome. */
export type Each = <Item, Value>(items: Item[], write: (item: Item) => Outcome<Value>) => Outcome<Value>[];

type Claimable = Omit<ClaimedRun, "log">;

type StoredRun = Omit<RunRecord, "log"> & { logLength: number };

/** Runs, claims and progress on one SQLite connection, synchronously. Writes expect an open transaction. */
export class Runs {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #definitions: Definitions;
  readonly #workers: Workers;

  constructor(database: Database, clock: Clock, definitions: Definitions, workers: Workers) {
    this.#workers = workers;
    this.#database = database;
    this.#clock = clock;
    this.#definitions = definitions;
  }

  /** Stores new runs; each workflow, and each worker's lease, is looked up once, since nothing changes it within a transaction. */
  insert(items: NewRun[], each: Each): Outcome<InsertedRun>[] {
    const resolved = new Map<string, VersionKey | null>();
    const leases = new Map<string, boolean>();
    return each(items, (item) => {
      const { uuid, namespace, workflow, claim } = item;
      const name = JSON.stringify([namespace, workflow]);
      let key = resolved.get(name);
      if (key === undefined) {
        key = this.#definitions.resolve({ namespace, reference: workflow });
        resolved.set(name, key);
      }
      if (key === null) return this.#stored(uuid, claim) ?? notFound(workflow);
      if (claim !== null && !leases.has(claim.worker)) leases.set(claim.worker, this.#workers.hasLease(claim.worker));
      const isClaimed = claim !== null && leases.get(claim.worker) === true;
      const stored = this.#store(item, key, isClaimed ? claim : null);
      return stored === null ? (this.#stored(uuid, claim) ?? notFound(workflow)) : { kind: "ok", value: stored };
    });
  }

  /** Null for a run that is there already. `claim` is null where the run is not claimed. */
  #store(
    { uuid, namespace, payload, depth, graceMilliseconds, ended }: NewRun,
    key: VersionKey,
    claim: ClaimMark | null,
  ): InsertedRun | null {
    const { workflowUuid, version } = key;
    const now = this.#clock.now();
    const inserted = { uuid, workflowUuid, workflowVersion: version };
    const run = [uuid, namespace, workflowUuid, version, payload, depth];
    if (ended !== null && ended.workflowUuid === workflowUuid && ended.version === version) {
      const { startedAt, status, error, stepResults } = ended;
      const { changes } = this.#database
        .query(INSERT_ENDED)
        .run(...run, startedAt, status, startedAt, Math.max(now, startedAt), error, stepResults);
      return changes > 0 ? { ...inserted, claimed: false, ended: true } : null;
    }
    if (this.#database.query(INSERT).run(...run, now).changes === 0) return null;
    const queued =
      claim === null ? [now + graceMilliseconds, null, 0, null, null] : [null, now, 1, claim.worker, claim.claimId];
    this.#database.query(QUEUE).run(uuid, namespace, ...queued);
    return { ...inserted, claimed: claim !== null, ended: false };
  }

  /** What a repeated insert finds; claimed only if it was by this very claim and nobody took it since. */
  #stored(uuid: string, claim: ClaimMark | null): Outcome<InsertedRun> | null {
    const row = this.#database
      .query<Omit<InsertedRun, "uuid">, [string | null, string]>(STORED)
      .get(claim?.claimId ?? null, uuid);
    return row === null
      ? null
      : { kind: "ok", value: { ...row, uuid, claimed: Boolean(row.claimed), ended: Boolean(row.ended) } };
  }

  find({ namespace, uuid }: RunKey): RunRecord | null {
    const row = this.#database.query<StoredRun, [string, string]>(FIND).get(uuid, namespace);
    return row === null ? null : this.#withLog(row);
  }

  isStored(uuid: string): boolean {
    return this.#database.query("select 1 from workflow_runs where uuid = ?").get(uuid) !== null;
  }

  list(page: PageRequest, until: string): RunRecord[] {
    return listPage(this.#database, LIST, page, until, (row: StoredRun) => this.#withLog(row));
  }

  claimByMessage({ uuids, ...claim }: MessageClaim): ClaimedRun[] {
    const statement = this.#database.query<Claimable, [string]>(NEW);
    const found = (function* () {
      for (const uuid of new Set(uuids)) {
        const run = statement.get(uuid);
        if (run !== null) yield run;
      }
    })();
    return this.#claim(claim, found);
  }

  claimDue({ limit, patienceMilliseconds, ...claim }: DueClaim): ClaimedRun[] {
    this.#workers.free();
    const now = this.#clock.now();
    const statement = this.#database.query<Claimable, [number, number, number]>(DUE);
    return this.#claim(claim, statement.iterate(now, now - patienceMilliseconds, limit));
  }

  nextDue(patienceMilliseconds: number): number | null {
    const soonest = (sql: string) => this.#database.query<{ dueAt: number | null }, []>(sql).get()?.dueAt ?? null;
    const [dueAt, leaseEnd] = [soonest(NEXT_DUE), this.#workers.nextEnd()];
    // One that was begun is due before any other only with patience.
    const begun = dueAt === null || patienceMilliseconds === 0 ? null : soonest(NEXT_DUE_BEGUN);
    const times = [dueAt === null ? null : dueAt + patienceMilliseconds, begun, leaseEnd].filter(
      (time) => time !== null,
    );
    return times.length === 0 ? null : Math.min(...times);
  }

  /** All of it or nothing: a refused update takes the entries back with it. */
  saveProgress(progress: Progress): Outcome<null> {
    if (progress.entries === null) return this.#write(progress);
    this.#database.query("savepoint progress").run();
    try {
      return this.#write(progress);
    } catch (error) {
      this.#database.query("rollback to progress").run();
      throw error;
    } finally {
      this.#database.query("release progress").run();
    }
  }

  #write({ uuid, token, logLength, entries, crashes, next }: Progress): Outcome<null> {
    if (entries !== null) this.#database.query(APPEND).run(logLength, entries, uuid, token);
    const length = entries === null ? logLength : logLength + 1;
    if (next.kind === "hold") return done(this.#database.query(HOLD).run(length, crashes, uuid, token).changes > 0);
    if (next.kind === "give_back") {
      const given = [length, crashes, next.dueAt, this.#clock.now(), uuid, token];
      return done(this.#database.query(GIVE_BACK).run(...given).changes > 0);
    }
    const { status, error, stepResults } = next;
    const row = this.#database.query<{ startedAt: number }, [string, number]>(STARTED).get(uuid, token);
    if (row === null) return done(this.#database.query(SAVED_ALIKE).get(uuid, token, status) !== null);
    const now = this.#clock.now();
    this.#database.query(END).run(status, now, error, stepResults, token, crashes, row.startedAt, uuid);
    this.#database.query(LEAVE).run(uuid);
    return done(true);
  }

  /** Takes runs while there is room for them, the first whatever its size. */
  #claim({ claimId, worker, maxBytes }: Claim, claimable: Iterable<Claimable>): ClaimedRun[] {
    const claimed: ClaimedRun[] = [];
    if (!this.#workers.hasLease(worker)) return claimed;
    let room = maxBytes;
    for (const row of claimable) {
      const run = { ...row, log: this.#log(row.uuid, row.logLength) };
      claimed.push(run);
      room -= run.payload.length + run.log.length;
      if (room <= 0) break;
    }
    const now = this.#clock.now();
    const statement = this.#database.query(CLAIM);
    for (const { uuid, token } of claimed) statement.run(token, worker, claimId, now, uuid);
    return claimed;
  }

  #withLog({ logLength, ...row }: StoredRun): RunRecord {
    if (row.stepResults !== null) return { ...row, log: "[]" };
    return { ...row, log: this.#log(row.uuid, row.completedAt === null ? logLength : 1) };
  }

  #log(uuid: string, length: number): string {
    if (length === 0) return "[]";
    const rows = this.#database.query<{ entries: string }, [string]>(LOG).all(uuid);
    return `[${rows.map(({ entries }) => entries.slice(1, -1)).join(",")}]`;
  }
}
