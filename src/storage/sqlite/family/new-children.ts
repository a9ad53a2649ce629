import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import type { Json } from "../../../schemas/json/json.ts";
import { type ChildRefusal, MAX_GENERATIONS, ON_FAILURE } from "../../../schemas/runs/child.ts";
import type { RunKey } from "../../../schemas/runs/run.ts";
import type { MadeBy, NewChild, Version } from "../../port.ts";
import type { Definitions } from "../definitions.ts";
import type { RunCounter } from "../finding/counts.ts";
import type { Inbox } from "../inbox.ts";
import type { Turns } from "../turns.ts";

const PARENT = `select generation, depth, traceparent, coalesce(root_run_id, uuid) as root from workflow_runs where uuid = ?`;

const HAS_OPTIONS =
  "select options is not null as hasOptions from workflow_versions where workflow_uuid = ? and version = ?";

const INSERT = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, created_at, traceparent,
  root_run_id, parent_run_id, parent_path, generation, tags) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const QUEUE = `insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels) values (?, ?, ?, ?, ?, ?)`;

/** One that takes turns is in no queue before its turn. */
const HANG_ON = "update run_turns set parent_uuid = ?, parent_path = ?, parent_cancels = ? where run_uuid = ?";

const MARK = "update run_queue set has_children = 1 where run_uuid = ?";

interface Parent {
  generation: number;
  depth: number;
  traceparent: string | null;
  root: string;
}

/** The version that a child is a run of. */
interface Found extends Version {
  /** Whether it has to be made by the options of that. */
  isToPrepare: boolean;
}

/** Stores runs that others start, on one SQLite connection. It expects an open transaction. */
export class NewChildren {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #definitions: Definitions;
  readonly #inbox: Inbox;
  readonly #turns: Turns;
  readonly #counter: RunCounter;

  constructor(
    database: Database,
    clock: Clock,
    parts: { definitions: Definitions; inbox: Inbox; turns: Turns; counter: RunCounter },
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#definitions = parts.definitions;
    this.#inbox = parts.inbox;
    this.#turns = parts.turns;
    this.#counter = parts.counter;
  }

  /** The children that have to be made by other versions than they were. */
  unprepared(namespace: string, children: readonly NewChild[]): MadeBy[] {
    const find = this.#finder(namespace);
    return children.flatMap(({ path, preparedFor, ...child }) => {
      const found = find(child);
      if (typeof found === "string") return [];
      const { workflowUuid, version, isToPrepare } = found;
      const isMadeByIt = preparedFor?.workflowUuid === workflowUuid && preparedFor.version === version;
      const isPrepared = preparedFor === undefined ? !isToPrepare : isMadeByIt;
      return isPrepared ? [] : [{ path, workflowUuid, version }];
    });
  }

  /** Stores them, and tells their parent what it waits for. Why the run that its failure was to start is not stored; null else. */
  store({ namespace, uuid }: RunKey, children: readonly NewChild[]): ChildRefusal | null {
    const parent = children.length === 0 ? null : this.#database.query<Parent, [string]>(PARENT).get(uuid);
    if (parent === null) return null;
    this.#database.query(MARK).run(uuid);
    const find = this.#finder(namespace);
    let refusal: ChildRefusal | null = null;
    for (const child of children) {
      const refused = this.#storeOne({ namespace, uuid }, parent, child, find(child));
      if (child.path === ON_FAILURE) refusal = refused;
      else if (refused !== null) this.#inbox.tell(uuid, child.path, child.uuid ?? "", refusalOf(child, refused));
      else if (!child.isAwaited) this.#inbox.tell(uuid, child.path, child.uuid ?? "", { run_id: child.uuid });
    }
    return refusal;
  }

  #storeOne(
    { namespace, uuid }: RunKey,
    parent: Parent,
    child: NewChild,
    found: Found | ChildRefusal,
  ): ChildRefusal | null {
    const isOwn = child.path !== ON_FAILURE;
    if (isOwn && parent.generation >= MAX_GENERATIONS) return "too_deep";
    if (typeof found === "string") return found;
    if (child.faults !== undefined) return "invalid_input";
    const { workflowUuid, version } = found;
    const { turn } = child;
    const mostInLine = turn?.onLimit === "reject" ? turn.most : null;
    if (
      turn !== undefined &&
      mostInLine !== null &&
      this.#turns.isFull({ workflowUuid, line: turn.line }, mostInLine)
    ) {
      return "concurrency_limit";
    }
    const now = this.#clock.now();
    const { generation, depth, traceparent, root } = parent;
    const own = [child.uuid, namespace, workflowUuid, version, child.payload, depth + 1, now, traceparent];
    const family = [isOwn ? root : null, isOwn ? uuid : null, child.path, isOwn ? generation + 1 : generation];
    this.#database.query(INSERT).run(...own, ...family, child.tags ?? null);
    const waits = child.isAwaited ? uuid : null;
    const path = child.isAwaited || !isOwn ? child.path : null;
    const cancels = Number(child.isCancelled);
    if (turn === undefined) this.#database.query(QUEUE).run(child.uuid, namespace, now, waits, path, cancels);
    else {
      this.#turns.join({ namespace, uuid: child.uuid ?? "" }, workflowUuid, turn);
      this.#database.query(HANG_ON).run(waits, path, cancels, child.uuid);
    }
    this.#counter.add(namespace, workflowUuid, "created");
    return null;
  }

  /** Finds what children of one write are runs of: mostly they are of one workflow, which is looked up once. */
  #finder(namespace: string): (child: Pick<NewChild, "workflow" | "version">) => Found | ChildRefusal {
    const known = new Map<string, Found | ChildRefusal>();
    return (child) => {
      const name = `${child.version} ${child.workflow}`;
      const found = known.get(name) ?? this.#find(namespace, child);
      known.set(name, found);
      return found;
    };
  }

  #find(namespace: string, { workflow, version: asked }: Pick<NewChild, "workflow" | "version">): Found | ChildRefusal {
    const found = this.#definitions.resolve({ namespace, reference: workflow });
    if (found === null) return "workflow_not_found";
    const { workflowUuid, version: newest, preparesRuns } = found;
    const version = asked ?? newest;
    const row = this.#database.query<{ hasOptions: number }, [string, number]>(HAS_OPTIONS).get(workflowUuid, version);
    if (row === null) return "version_not_found";
    return { workflowUuid, version, isToPrepare: asked === null ? preparesRuns : row.hasOptions === 1 };
  }
}

/** What a run is told of one that it was to start. */
function refusalOf({ workflow, faults, turn }: NewChild, refused: ChildRefusal): Json {
  const why = refused === "concurrency_limit" ? { most: turn?.most ?? null } : {};
  const shown = faults?.map(({ loc, msg, type }) => ({ loc, msg, type }));
  return { refused, workflow, ...why, ...(shown !== undefined && { faults: shown }) };
}
