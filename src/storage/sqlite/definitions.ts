import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { LANGUAGE, translated } from "../../language/translated.ts";
import { MAX_PAGE_BYTES, type PageRequest, pageBytes } from "../../schemas/page.ts";
import type {
  NewWorkflow,
  Outcome,
  RunRecord,
  Version,
  VersionKey,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
  WorkflowRecord,
} from "../port.ts";
import { notFound, UNSTORABLE } from "../refusals.ts";

// SQLite 3.54 looks at the values of parameters beside "order by", "limit" or a second table, and so plans a statement anew at
// each call: 20 µs in place of 2. It does not look at "+?".

const COLUMNS = "uuid, id, name, description, steps, version, created_at as createdAt, updated_at as updatedAt";

const INSERT = `insert into workflow_definitions (uuid, namespace, id, name, description, steps, created_at, updated_at)
  values ($uuid, $namespace, $id, $name, $description, $steps, $now, $now) on conflict (uuid) do nothing`;

const STORED = "select 1 from workflow_definitions where uuid = ? and namespace = ?";

const KEEP_VERSION = `insert into workflow_versions (workflow_uuid, version, id, name, description, steps, created_at, language)
  select uuid, version, id, name, description, steps, updated_at, ${LANGUAGE} from workflow_definitions where uuid = ?
  on conflict do nothing`;

const RESOLVE_UUID = `select uuid as workflowUuid, version, deleted_at as deletedAt from workflow_definitions
  where uuid = ? and namespace = ?`;

const RESOLVE_ID = `select uuid as workflowUuid, version from workflow_definitions
  where namespace = +? and id = +? and deleted_at is null order by uuid desc limit 1`;

const UPDATE = `update workflow_definitions set id = coalesce($id, id), name = $name, description = $description,
  steps = $steps, version = version + 1, updated_at = $now where uuid = $uuid`;

const DELETE = "update workflow_definitions set deleted_at = ? where uuid = ?";

const FIND = `select ${COLUMNS} from workflow_definitions where uuid = ?`;

const FIND_VERSION = `select v.workflow_uuid as uuid, v.id, v.name, v.description, v.steps, v.version,
  d.created_at as createdAt, v.created_at as updatedAt
  from workflow_versions v join workflow_definitions d on d.uuid = v.workflow_uuid
  where v.workflow_uuid = +? and v.version = +?`;

const VERSION_STEPS = `select steps, language from workflow_versions where workflow_uuid = +? and version = +?
  and exists (select 1 from workflow_definitions where uuid = workflow_uuid and namespace = +?)`;

// One text per direction and page: a single text with "or" in it would scan.
const LIST = {
  desc: `select ${COLUMNS} from workflow_definitions where namespace = +$namespace and deleted_at is null
    and uuid < +$after order by uuid desc limit +$limit`,
  asc: `select ${COLUMNS} from workflow_definitions where namespace = +$namespace and deleted_at is null
    and uuid > +$after and uuid < +$until order by uuid limit +$limit`,
};

/** Definitions and their versions on one SQLite connection, synchronously. Writes expect an open transaction. */
export class Definitions {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  insert(item: NewWorkflow): Outcome<string> {
    const { changes } = this.#database.query(INSERT).run({ ...item, now: this.#clock.now() });
    if (changes === 0 && this.#database.query(STORED).get(item.uuid, item.namespace) === null) return UNSTORABLE;
    this.#database.query(KEEP_VERSION).run(item.uuid);
    return { kind: "ok", value: item.uuid };
  }

  update(change: WorkflowChange): Outcome<{ uuid: string; version: number }> {
    const found = this.resolve(change);
    if (found === null) return notFound(change.reference);
    this.#database.query(UPDATE).run({
      uuid: found.workflowUuid,
      id: change.id ?? null,
      name: change.name,
      description: change.description,
      steps: change.steps,
      now: this.#clock.now(),
    });
    this.#database.query(KEEP_VERSION).run(found.workflowUuid);
    return { kind: "ok", value: { uuid: found.workflowUuid, version: found.version + 1 } };
  }

  delete(key: WorkflowKey): Outcome<{ uuid: string }> {
    const found = this.resolve(key);
    if (found === null) return notFound(key.reference);
    this.#database.query(DELETE).run(this.#clock.now(), found.workflowUuid);
    return { kind: "ok", value: { uuid: found.workflowUuid } };
  }

  /**
   * The workflow that a uuid or an author's id names now. The uuid of a deleted workflow names none, even if it is the id of
   * another.
   */
  resolve({ namespace, reference }: WorkflowKey): Version | null {
    const owner = this.#database
      .query<Version & { deletedAt: number | null }, [string, string]>(RESOLVE_UUID)
      .get(reference.toLowerCase(), namespace);
    if (owner === null) return this.#database.query<Version, [string, string]>(RESOLVE_ID).get(namespace, reference);
    const { workflowUuid, version, deletedAt } = owner;
    return deletedAt === null ? { workflowUuid, version } : null;
  }

  find({ namespace, reference, version }: WorkflowLookup): WorkflowRecord | null {
    const found = this.resolve({ namespace, reference });
    if (found === null) return null;
    return version === null
      ? this.#database.query<WorkflowRecord, [string]>(FIND).get(found.workflowUuid)
      : this.#database.query<WorkflowRecord, [string, number]>(FIND_VERSION).get(found.workflowUuid, version);
  }

  steps({ namespace, workflowUuid, version }: VersionKey): string | null {
    const statement = this.#database.query<{ steps: string; language: number }, [string, number, string]>(
      VERSION_STEPS,
    );
    const found = statement.get(workflowUuid, version, namespace);
    return found === null ? null : translated(found.steps, found.language);
  }

  list(page: PageRequest, until: string): WorkflowRecord[] {
    return listPage(this.#database, LIST, page, until, (row: WorkflowRecord) => row);
  }
}

/** Runs the keyset query of a page in its order; `until` bounds the ascending one, exclusive. */
export function listPage<Row, Record extends RunRecord | WorkflowRecord>(
  database: Database,
  queries: { asc: string; desc: string },
  { namespace, limit, order, after }: PageRequest,
  until: string,
  recordOf: (row: Row) => Record,
): Record[] {
  const bindings: { [name: string]: string | number } =
    order === "desc" ? { namespace, limit, after: after ?? "g" } : { namespace, limit, after: after ?? "", until };
  const records: Record[] = [];
  let bytes = 0;
  for (const row of database.query<Row, typeof bindings>(queries[order]).iterate(bindings)) {
    const record = recordOf(row);
    records.push(record);
    bytes += pageBytes(record);
    if (bytes >= MAX_PAGE_BYTES) break;
  }
  return records;
}
