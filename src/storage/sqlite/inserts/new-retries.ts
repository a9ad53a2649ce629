import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import type { InsertedRun, NewRetry, Outcome, RequestKey } from "../../port.ts";
import type { RunCounter } from "../finding/counts.ts";
import type { Turns } from "../turns.ts";
import type { RequestKeys } from "./request-keys.ts";

const VERSION = "select 1 from workflow_versions where workflow_uuid = ? and version = ?";

const INSERT = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, created_at, traceparent,
  tags, retry_of) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const STORED = "select 1 from workflow_runs where uuid = ?";

const LOG = "insert into run_log (run_uuid, seq, token, entries) values (?, 0, 0, ?)";

const QUEUE = "insert into run_queue (run_uuid, namespace, due_at, log_length) values (?, ?, ?, ?)";

/** Stores runs that try others again, on one SQLite connection. It expects an open transaction. */
export class NewRetries {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #counter: RunCounter;
  readonly #keys: RequestKeys;

  constructor(
    database: Database,
    clock: Clock,
    { turns, counter, keys }: { turns: Turns; counter: RunCounter; keys: RequestKeys },
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#turns = turns;
    this.#counter = counter;
    this.#keys = keys;
  }

  insert(item: NewRetry): Outcome<InsertedRun> {
    const {
      uuid,
      namespace,
      workflowUuid,
      version,
      payload,
      depth,
      traceparent,
      tags = null,
      turn,
      retryOf,
      log,
      request,
    } = item;
    if (this.#database.query(VERSION).get(workflowUuid, version) === null) {
      return { kind: "error", code: "version_not_found", subject: `version ${version}` };
    }
    const value = { uuid, workflowUuid, workflowVersion: version, claimed: false, ended: false };
    if (request !== undefined && !this.#hasRoom(uuid, request.key))
      return { kind: "ok", value: { ...value, isTaken: true } };
    // It was stored before.
    if (this.#database.query(STORED).get(uuid) !== null) return { kind: "ok", value };
    const line = { workflowUuid, line: turn?.line ?? "" };
    const most = turn?.onLimit === "reject" ? turn.most : null;
    if (most !== null && this.#turns.isFull(line, most)) {
      return { kind: "error", code: "concurrency_limit", subject: String(most) };
    }
    const now = this.#clock.now();
    const own = [uuid, namespace, workflowUuid, version, payload, depth, now, traceparent, tags, retryOf] as const;
    this.#database.query(INSERT).run(...own);
    if (request !== undefined) this.#keys.keep(request.key, `${uuid}${request.more}`);
    this.#counter.add(namespace, workflowUuid, "created");
    const hasLog = log !== "[]";
    if (hasLog) this.#database.query(LOG).run(uuid, log);
    if (turn === undefined) {
      this.#database.query(QUEUE).run(uuid, namespace, now, Number(hasLog));
      return { kind: "ok", value };
    }
    return { kind: "ok", value: { ...value, ...this.#turns.enter(item, workflowUuid, turn) } };
  }

  /** Whether no other request has the key. */
  #hasRoom(uuid: string, key: RequestKey): boolean {
    const kept = this.#keys.find(key);
    return kept === null || kept.answer.startsWith(uuid);
  }
}
