import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import type { InsertedRun, NewRetry, Outcome } from "../../port.ts";
import type { RunCounter } from "../finding/counts.ts";
import type { Turns } from "../turns.ts";

const VERSION = "select 1 from workflow_versions where workflow_uuid = ? and version = ?";

const INSERT = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, created_at, traceparent, tags, retry_of)
  values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (uuid) do nothing`;

const LOG = "insert into run_log (run_uuid, seq, token, entries) values (?, 0, 0, ?)";

const QUEUE = "insert into run_queue (run_uuid, namespace, due_at, log_length) values (?, ?, ?, ?)";

/** Stores runs that try others again, on one SQLite connection. It expects an open transaction. */
export class NewRetries {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #counter: RunCounter;

  constructor(database: Database, clock: Clock, turns: Turns, counter: RunCounter) {
    this.#database = database;
    this.#clock = clock;
    this.#turns = turns;
    this.#counter = counter;
  }

  insert(item: NewRetry): Outcome<InsertedRun> {
    const { uuid, namespace, workflowUuid, version, payload, traceparent, tags = null, turn, retryOf, log } = item;
    if (this.#database.query(VERSION).get(workflowUuid, version) === null) {
      return { kind: "error", code: "version_not_found", subject: `version ${version}` };
    }
    const line = { workflowUuid, line: turn?.line ?? "" };
    const most = turn?.onLimit === "reject" ? turn.most : null;
    if (most !== null && this.#turns.isFull(line, most)) {
      return { kind: "error", code: "concurrency_limit", subject: String(most) };
    }
    const now = this.#clock.now();
    const own = [uuid, namespace, workflowUuid, version, payload, now, traceparent, tags, retryOf] as const;
    const { changes } = this.#database.query(INSERT).run(...own);
    const value = { uuid, workflowUuid, workflowVersion: version, claimed: false, ended: false };
    // It was stored before.
    if (changes === 0) return { kind: "ok", value };
    this.#counter.add(namespace, workflowUuid, "created");
    const hasLog = log !== "[]";
    if (hasLog) this.#database.query(LOG).run(uuid, log);
    if (turn === undefined) {
      this.#database.query(QUEUE).run(uuid, namespace, now, Number(hasLog));
      return { kind: "ok", value };
    }
    return { kind: "ok", value: { ...value, ...this.#turns.enter(item, workflowUuid, turn) } };
  }
}
