import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { type ChildRefusal, MAX_GENERATIONS, ON_FAILURE } from "../../../schemas/child.ts";
import type { Json } from "../../../schemas/json.ts";
import type { RunKey } from "../../../schemas/run.ts";
import type { NewChild, RunEnd } from "../../port.ts";
import type { Definitions } from "../definitions.ts";
import type { Inbox } from "../inbox.ts";

const PARENT = `select generation, depth, traceparent, coalesce(root_run_id, uuid) as root from workflow_runs where uuid = ?`;

const VERSION = "select 1 from workflow_versions where workflow_uuid = ? and version = ?";

const INSERT = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, created_at, traceparent,
  root_run_id, parent_run_id, parent_path, generation) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const QUEUE = `insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels) values (?, ?, ?, ?, ?, ?)`;

const MARK = "update run_queue set has_children = 1 where run_uuid = ?";

const PARENT_OF =
  "select parent_uuid as uuid, parent_path as path from run_queue where run_uuid = ? and parent_uuid is not null";

// One that nobody holds is due, and ended by whoever claims it.
const LEAVE = `update run_queue set control = 'cancel', due_at = iif(holder is null, min(due_at, ?1), due_at)
  where parent_uuid = ?2 and parent_cancels`;

interface Parent {
  generation: number;
  depth: number;
  traceparent: string | null;
  root: string;
}

/** Runs and those that they start, on one SQLite connection. It expects an open transaction. */
export class Family {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #definitions: Definitions;
  readonly #inbox: Inbox;

  constructor(database: Database, clock: Clock, definitions: Definitions, inbox: Inbox) {
    this.#database = database;
    this.#clock = clock;
    this.#definitions = definitions;
    this.#inbox = inbox;
  }

  /** Stores the runs that a run starts. */
  start({ namespace, uuid }: RunKey, children: readonly NewChild[]): void {
    const parent = children.length === 0 ? null : this.#database.query<Parent, [string]>(PARENT).get(uuid);
    if (parent === null) return;
    this.#database.query(MARK).run(uuid);
    for (const child of children) {
      const said = this.#store({ namespace, uuid }, parent, child);
      if (said !== null && child.path !== ON_FAILURE) this.#inbox.tell(uuid, child.path, child.uuid ?? "", said);
    }
  }

  /** What is to be told to its parent: the uuid of one that it does not wait for, or why it is not stored; null for nothing. */
  #store({ namespace, uuid }: RunKey, parent: Parent, child: NewChild): Json {
    const refuse = (refused: ChildRefusal) => ({ refused, workflow: child.workflow });
    const isOwn = child.path !== ON_FAILURE;
    if (isOwn && parent.generation >= MAX_GENERATIONS) return refuse("too_deep");
    const found = this.#definitions.resolve({ namespace, reference: child.workflow });
    if (found === null) return refuse("workflow_not_found");
    const { workflowUuid, version: newest } = found;
    const version = child.version ?? newest;
    if (this.#database.query(VERSION).get(workflowUuid, version) === null) return refuse("version_not_found");
    const now = this.#clock.now();
    const { generation, depth, traceparent, root } = parent;
    const own = [child.uuid, namespace, workflowUuid, version, child.payload, depth + 1, now, traceparent];
    this.#database
      .query(INSERT)
      .run(...own, isOwn ? root : null, isOwn ? uuid : null, child.path, isOwn ? generation + 1 : generation);
    const waits = child.isAwaited ? uuid : null;
    const path = child.isAwaited || !isOwn ? child.path : null;
    this.#database.query(QUEUE).run(child.uuid, namespace, now, waits, path, Number(child.isCancelled));
    return child.isAwaited ? null : { run_id: child.uuid };
  }

  /** A run ended: tells the one that waits for it, and cancels those that it waits for. To be called before it leaves the queue. */
  end(uuid: string, { status, error, output, errorDetails }: Omit<RunEnd, "kind" | "stepResults">): void {
    const parent = this.#database.query<{ uuid: string; path: string }, [string]>(PARENT_OF).get(uuid);
    if (parent !== null) {
      const said = { output: parsed(output), error: errorDetails === undefined ? error : parsed(errorDetails) };
      this.#inbox.tell(parent.uuid, parent.path, uuid, { run_id: uuid, status, ...said });
    }
    this.leave(uuid, null);
  }

  /** Cancels the runs that attempts of a run, or all of them (null), wait for no more. */
  leave(uuid: string, paths: readonly string[] | null): void {
    const now = this.#clock.now();
    if (paths === null) this.#database.query(LEAVE).run(now, uuid);
    else for (const path of paths) this.#database.query(`${LEAVE} and parent_path = ?3`).run(now, uuid, path);
  }
}

function parsed(text = "null"): Json {
  return JSON.parse(text);
}
