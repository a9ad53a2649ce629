import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { sizeOf } from "../../schemas/log/inbox.ts";
import { ON_FAILURE } from "../../schemas/runs/child.ts";
import { CLAIMS_IN_ORDER, DEFAULT_PRIORITY } from "../port/runs/priorities.ts";
import type { Claim, ClaimedRun, ClaimMark, DueClaim, MessageClaim } from "../port.ts";
import type { Inbox } from "./inbox.ts";
import { NEVER } from "./never.ts";
import { logOf } from "./runs.ts";
import type { Workers } from "./workers.ts";

const RUN =
  "r.namespace, workflow_id as workflowUuid, workflow_version as workflowVersion, payload, depth, traceparent";

// Without a join, or a second table in its condition, which SQLite 3.54 plans anew at each call (32 µs in place of 6).
const BY_UUID = `select uuid, 0 as logLength, 1 as token, 0 as crashes, 1 as claims, ${RUN},
  exists (select 1 from run_queue where run_uuid = uuid and token = 0 and started_at is null and paused_at is null and log_length = 0 and priority is null) as isNew,
  (select inbox from run_queue where run_uuid = uuid) as came, 
  (select parent_uuid from run_queue where run_uuid = uuid) as parentUuid,
  (select parent_path from run_queue where run_uuid = uuid) as parentPath, 0 as isCancelled, 1 as compensates, null as startedAt
  from workflow_runs r where uuid = ?`;

const QUEUED = `select run_uuid as uuid, log_length as logLength, q.token + 1 as token, q.crashes, q.claims + 1 as claims, q.inbox as came,
  parent_uuid as parentUuid, q.started_at as startedAt, q.parent_path as parentPath, q.control is not null and not q.is_obeyed as isCancelled, q.compensates,
  ${RUN} from run_queue q cross join workflow_runs r on r.uuid = run_uuid`;

/** A run is due, and is not left to its message for some time (the second parameter). */
const IS_DUE = "due_at <= ? and (q.started_at is not null or q.priority is not null or due_at <= ?)";

// "cross join" makes SQLite read the queue first, and "+?" has it plan the statement once (see Definitions).
const DUE = `${QUEUED} where ${IS_DUE} order by due_at limit +?`;

const ONE = `${QUEUED} where run_uuid = ?`;

const RESTING = `${ONE} and holder is null and q.started_at is not null and paused_at is null and control is null`;

const candidates = (priority: string) =>
  `select run_uuid as uuid, due_at as dueAt from run_queue q where ${priority} and ${IS_DUE} order by due_at limit +?`;

const OF_PRIORITY = candidates("priority = ?");
const OF_NONE = candidates("priority is null");
const PRIORITIES = [5, 4, 3, 2, 1];

// A statement of its own: with "returning" a row takes 3 µs more.
const CLAIM = `update run_queue set token = ?, claims = ?, due_at = null, holder = ?, claim_id = ?,
  started_at = coalesce(started_at, ?) where run_uuid = ?`;

// Held runs have no time, and are few.
const NEXT_DUE = `select min(due_at) as dueAt from run_queue where due_at < ${NEVER}`;

const NEXT_DUE_BEGUN = `${NEXT_DUE} and started_at is not null`;

/** The soonest of the runs that no message names; each priority is one look into the index. */
const NEXT_RANKED = `select min(dueAt) as dueAt from (${PRIORITIES.map((priority) => `${NEXT_DUE} and priority = ${priority}`).join(" union all ")})`;

/** `came`: how many things came into its inbox. */
type Claimable = Omit<ClaimedRun, "log" | "inbox" | "isOnFailure" | "isCancelled" | "compensates" | "startedAt"> & {
  startedAt: number | null;
  came: number;
  parentPath: string | null;
  isCancelled: number;
  compensates: number;
};

interface Candidate {
  uuid: string;
  dueAt: number;
}

/** Claims of runs, on one SQLite connection. Writes expect an open transaction. */
export class Claims {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #workers: Workers;
  readonly #inbox: Inbox;
  #dueClaims = 0;

  constructor(database: Database, clock: Clock, workers: Workers, inbox: Inbox) {
    this.#database = database;
    this.#clock = clock;
    this.#workers = workers;
    this.#inbox = inbox;
  }

  byMessage({ runs, ...claim }: MessageClaim): ClaimedRun[] {
    const statement = this.#database.query<Claimable & { isNew: number }, [string]>(BY_UUID);
    const claimable = (function* () {
      const seen = new Set<string>();
      for (const { namespace, uuid } of runs) {
        const row = seen.has(uuid) ? null : statement.get(uuid);
        if (row?.namespace !== namespace) continue;
        seen.add(uuid);
        const { isNew, ...run } = row;
        if (isNew) yield run;
      }
    })();
    return this.#claim(claim, claimable);
  }

  /** Claims a run that nobody holds and that has begun; undefined where it is another's, or stands still. */
  resting(claim: ClaimMark, uuid: string): ClaimedRun | undefined {
    const row = this.#database.query<Claimable, [string]>(RESTING).get(uuid);
    return row === null ? undefined : this.#claim({ ...claim, maxBytes: Number.POSITIVE_INFINITY }, [row])[0];
  }

  due({ limit, patienceMilliseconds, ...claim }: DueClaim): ClaimedRun[] {
    this.#workers.free();
    const now = this.#clock.now();
    const bounds = [now, now - patienceMilliseconds, limit] as const;
    const first = this.#nextRanked();
    const inOrder = first === null || first > now || ++this.#dueClaims % CLAIMS_IN_ORDER === 0;
    if (!inOrder) return this.#claim(claim, this.#byPriority(...bounds));
    return this.#claim(claim, this.#database.query<Claimable, [number, number, number]>(DUE).iterate(...bounds));
  }

  /** Runs that are due, those of a higher priority first. */
  *#byPriority(now: number, patient: number, limit: number): Iterable<Claimable> {
    const none = this.#database.query<Candidate, [number, number, number]>(OF_NONE);
    const some = this.#database.query<Candidate, [number, number, number, number]>(OF_PRIORITY);
    const one = this.#database.query<Claimable, [string]>(ONE);
    let room = limit;
    for (const priority of PRIORITIES) {
      const found = some.all(priority, now, patient, room);
      if (priority === DEFAULT_PRIORITY) found.push(...none.all(now, patient, room));
      for (const { uuid } of found.sort((first, second) => first.dueAt - second.dueAt).slice(0, room)) {
        const row = one.get(uuid);
        if (row !== null) yield row;
        room--;
      }
      if (room === 0) return;
    }
  }

  /** When the first of the runs is due that no message names; null for never. */
  #nextRanked(): number | null {
    return this.#database.query<{ dueAt: number | null }, []>(NEXT_RANKED).get()?.dueAt ?? null;
  }

  nextDue(patienceMilliseconds: number): number | null {
    const soonest = (sql: string) => this.#database.query<{ dueAt: number | null }, []>(sql).get()?.dueAt ?? null;
    const [dueAt, leaseEnd] = [soonest(NEXT_DUE), this.#workers.nextEnd()];
    // Only with patience can a run that has no message to wait for be due before the others.
    const isPatient = dueAt !== null && patienceMilliseconds > 0;
    const begun = isPatient ? soonest(NEXT_DUE_BEGUN) : null;
    const ranked = isPatient ? this.#nextRanked() : null;
    const times = [dueAt === null ? null : dueAt + patienceMilliseconds, begun, ranked, leaseEnd].filter(
      (time) => time !== null,
    );
    return times.length === 0 ? null : Math.min(...times);
  }

  /** Claims runs while there is room for them, the first whatever its size. */
  #claim({ claimId, worker, maxBytes }: Claim, claimable: Iterable<Claimable>): ClaimedRun[] {
    const claimed: ClaimedRun[] = [];
    if (!this.#workers.hasLease(worker)) return claimed;
    const now = this.#clock.now();
    let room = maxBytes;
    for (const { came, parentPath, isCancelled, compensates, startedAt, ...row } of claimable) {
      const inbox = came === 0 ? [] : this.#inbox.find({ uuid: row.uuid, after: 0 });
      const run = {
        ...row,
        log: logOf(this.#database, row.uuid, row.logLength),
        inbox,
        isOnFailure: parentPath === ON_FAILURE,
        isCancelled: isCancelled === 1,
        compensates: compensates === 1,
        startedAt: startedAt ?? now,
      };
      claimed.push(run);
      room -= run.payload.length + run.log.length + sizeOf(inbox);
      if (room <= 0) break;
    }
    const statement = this.#database.query(CLAIM);
    for (const { uuid, token, claims } of claimed) statement.run(token, claims, worker, claimId, now, uuid);
    return claimed;
  }
}
