import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import type { ClaimMark, InsertedRun, NewRun, Outcome, Version } from "../port.ts";
import { notFound, UNSTORABLE } from "../refusals.ts";
import type { Definitions } from "./definitions.ts";
import type { Workers } from "./workers.ts";

// A run that was executed before its insert is stored with its start (?7) and end (?9), and token 0, since it was never claimed.
const INSERT = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, created_at, status,
  completed_at, error, step_results, started_at, token, crashes, traceparent) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
  iif(?9 is null, null, ?7), iif(?9 is null, null, 0), iif(?9 is null, null, 0), ?12) on conflict (uuid) do nothing`;

const QUEUE = `insert into run_queue (run_uuid, namespace, due_at, started_at, token, claims, holder, claim_id)
  values (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7)`;

const STORED = `select workflow_id as workflowUuid, workflow_version as workflowVersion,
  exists (select 1 from run_queue where run_uuid = uuid and claim_id = ? and token = 1) as claimed,
  completed_at is not null as ended from workflow_runs where uuid = ? and namespace = ?`;

const OPEN = { status: "pending", error: null, stepResults: null };

/** Writes items one by one, each with its own outcome. */
export type Each = <Item, Value>(items: Item[], write: (item: Item) => Outcome<Value>) => Outcome<Value>[];

/** Stores runs, on one SQLite connection. Writes expect an open transaction. */
export class NewRuns {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #definitions: Definitions;
  readonly #workers: Workers;

  constructor(database: Database, clock: Clock, definitions: Definitions, workers: Workers) {
    this.#database = database;
    this.#clock = clock;
    this.#definitions = definitions;
    this.#workers = workers;
  }

  /** Stores new runs; each workflow, and each worker's lease, is looked up once, since nothing changes it within a transaction. */
  insert(items: NewRun[], each: Each): Outcome<InsertedRun>[] {
    const resolved = new Map<string, Version | null>();
    const leases = new Map<string, boolean>();
    return each(items, (item) => {
      const { namespace, workflow, claim } = item;
      const name = JSON.stringify([namespace, workflow]);
      let key = resolved.get(name);
      if (key === undefined) {
        key = this.#definitions.resolve({ namespace, reference: workflow });
        resolved.set(name, key);
      }
      if (key === null) return this.#stored(item) ?? notFound(workflow);
      if (claim !== null && !leases.has(claim.worker)) leases.set(claim.worker, this.#workers.hasLease(claim.worker));
      const isClaimed = claim !== null && leases.get(claim.worker) === true;
      const stored = this.#store(item, key, isClaimed ? claim : null);
      return stored === null ? (this.#stored(item) ?? UNSTORABLE) : { kind: "ok", value: stored };
    });
  }

  /** Null for a run that is stored already. `claim` is null where the run is not claimed. */
  #store(
    { uuid, namespace, payload, depth, traceparent, graceMilliseconds, progress }: NewRun,
    key: Version,
    claim: ClaimMark | null,
  ): InsertedRun | null {
    const { workflowUuid, version } = key;
    const now = this.#clock.now();
    const ended = progress?.told.workflowUuid === workflowUuid && progress.told.version === version ? progress : null;
    const at = ended?.startedAt ?? now;
    const { status, error, stepResults } = ended?.next ?? OPEN;
    const completedAt = ended === null ? null : Math.max(now, at);
    const own = [uuid, namespace, workflowUuid, version, payload, depth] as const;
    const { changes } = this.#database
      .query(INSERT)
      .run(...own, at, status, completedAt, error, stepResults, traceparent);
    if (changes === 0) return null;
    const inserted = { uuid, workflowUuid, workflowVersion: version };
    if (ended !== null) return { ...inserted, claimed: false, ended: true };
    const queue = this.#database.query(QUEUE);
    if (claim === null) queue.run(uuid, namespace, now + graceMilliseconds, null, 0, null, null);
    else queue.run(uuid, namespace, null, now, 1, claim.worker, claim.claimId);
    return { ...inserted, claimed: claim !== null, ended: false };
  }

  /** The run that a repeated insert finds; claimed only if this very claim holds it, and no worker claimed it since. */
  #stored({ namespace, uuid, claim }: NewRun): Outcome<InsertedRun> | null {
    const row = this.#database
      .query<Omit<InsertedRun, "uuid">, [string | null, string, string]>(STORED)
      .get(claim?.claimId ?? null, uuid, namespace);
    return row === null
      ? null
      : { kind: "ok", value: { ...row, uuid, claimed: Boolean(row.claimed), ended: Boolean(row.ended) } };
  }
}
