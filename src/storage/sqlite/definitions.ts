import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { definitionText, LANGUAGE, type StoredVersion } from "../../language/translated.ts";
import type { PageRequest } from "../../schemas/lists/page.ts";
import type {
  ChangedWorkflow,
  FoundVersions,
  NewWorkflow,
  Outcome,
  StoredOptions,
  Version,
  VersionKey,
  VersionRecord,
  VersionsLookup,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
  WorkflowRecord,
} from "../port.ts";
import { notFound, UNSTORABLE } from "../refusals.ts";
import { isUnchanged } from "./changes.ts";
import { listPage } from "./list-page.ts";

// SQLite 3.54 looks at the values of parameters beside "order by", "limit" or a second table, and so plans a statement anew at
// each call: 20 µs in place of 2. It does not look at "+?".

const COLUMNS =
  "uuid, id, name, description, steps, options, version, created_at as createdAt, updated_at as updatedAt";

const INSERT = `insert into workflow_definitions (uuid, namespace, id, name, description, steps, options, prepares_runs, created_at,
  updated_at) values ($uuid, $namespace, $id, $name, $description, $steps, $options, $preparesRuns, $now, $now) on conflict (uuid) do nothing`;

const STORED = "select 1 from workflow_definitions where uuid = ? and namespace = ?";

const KEEP_VERSION = `insert into workflow_versions (workflow_uuid, version, id, name, description, steps, options, created_at, language)
  select uuid, version, id, name, description, steps, options, updated_at, ${LANGUAGE} from workflow_definitions where uuid = ?
  on conflict do nothing`;

const RESOLVE_UUID = `select uuid as workflowUuid, version, prepares_runs as preparesRuns, deleted_at as deletedAt from workflow_definitions
  where uuid = ? and namespace = ?`;

const RESOLVE_ID = `select uuid as workflowUuid, version, prepares_runs as preparesRuns from workflow_definitions
  where namespace = +? and id = +? and deleted_at is null order by uuid desc limit 1`;

const UPDATE = `update workflow_definitions set id = coalesce($id, id), name = $name, description = $description,
  steps = $steps, options = $options, prepares_runs = $preparesRuns, version = version + 1, updated_at = $now where uuid = $uuid`;

const DELETE = "update workflow_definitions set deleted_at = ? where uuid = ?";

const VERSIONS = `select version, name, created_at as createdAt, options ->> 'managed_by' as managedBy from workflow_versions
  where workflow_uuid = +? and version < +? order by version desc limit +?`;

const FIND = `select ${COLUMNS} from workflow_definitions where uuid = ?`;

const FIND_VERSION = `select v.workflow_uuid as uuid, v.id, v.name, v.description, v.steps, v.options, v.version,
  d.created_at as createdAt, v.created_at as updatedAt
  from workflow_versions v join workflow_definitions d on d.uuid = v.workflow_uuid
  where v.workflow_uuid = +? and v.version = +?`;

const VERSION = `select steps, options, language from workflow_versions where workflow_uuid = +? and version = +?
  and exists (select 1 from workflow_definitions where uuid = workflow_uuid and namespace = +?)`;

// One text per direction and page: a single text with "or" in it would scan.
const LIST = {
  desc: `select ${COLUMNS} from workflow_definitions where namespace = +$namespace and deleted_at is null
    and uuid < +$after order by uuid desc limit +$limit`,
  asc: `select ${COLUMNS} from workflow_definitions where namespace = +$namespace and deleted_at is null
    and uuid > +$after and uuid < +$until order by uuid limit +$limit`,
};

/** The version that a reference names. */
export interface Resolved extends Version {
  preparesRuns: boolean;
}

type ResolvedRow = Version & { preparesRuns: number };

/** Definitions and their versions on one SQLite connection, synchronously. Writes expect an open transaction. */
export class Definitions {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  insert({ options, ...item }: NewWorkflow): Outcome<string> {
    const { changes } = this.#database.query(INSERT).run({ ...item, ...columnsOf(options), now: this.#clock.now() });
    if (changes === 0 && this.#database.query(STORED).get(item.uuid, item.namespace) === null) return UNSTORABLE;
    this.#database.query(KEEP_VERSION).run(item.uuid);
    return { kind: "ok", value: item.uuid };
  }

  update(change: WorkflowChange): Outcome<ChangedWorkflow> {
    const { create, ifVersions, ...fields } = change;
    const found = this.resolve(change);
    if (found === null) {
      if (create === undefined || ifVersions !== undefined) return notFound(change.reference);
      const made = this.insert({ ...fields, uuid: create.uuid ?? "", id: create.id });
      return made.kind === "ok" ? { kind: "ok", value: { uuid: made.value, version: 1, created: true } } : made;
    }
    const { workflowUuid: uuid, version } = found;
    if (ifVersions?.includes(version) === false) {
      return { kind: "error", code: "version_conflict", subject: String(version) };
    }
    if (isUnchanged(this.#database, found, change)) return { kind: "ok", value: { uuid, version, unchanged: true } };
    this.#database.query(UPDATE).run({
      uuid,
      id: change.id ?? null,
      name: change.name,
      description: change.description,
      steps: change.steps,
      ...columnsOf(change.options),
      now: this.#clock.now(),
    });
    this.#database.query(KEEP_VERSION).run(uuid);
    return { kind: "ok", value: { uuid, version: version + 1 } };
  }

  versions({ namespace, reference, before, limit }: VersionsLookup): FoundVersions | null {
    const found = this.resolve({ namespace, reference });
    if (found === null) return null;
    const statement = this.#database.query<VersionRecord, [string, number, number]>(VERSIONS);
    return {
      uuid: found.workflowUuid,
      versions: statement.all(found.workflowUuid, before ?? Number.MAX_SAFE_INTEGER, limit),
    };
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
  resolve({ namespace, reference }: WorkflowKey): Resolved | null {
    const owner = this.#database
      .query<ResolvedRow & { deletedAt: number | null }, [string, string]>(RESOLVE_UUID)
      .get(reference.toLowerCase(), namespace);
    const row = owner ?? this.#database.query<ResolvedRow, [string, string]>(RESOLVE_ID).get(namespace, reference);
    if (row === null || (owner !== null && owner.deletedAt !== null)) return null;
    const { workflowUuid, version, preparesRuns } = row;
    return { workflowUuid, version, preparesRuns: preparesRuns === 1 };
  }

  find({ namespace, reference, version }: WorkflowLookup): WorkflowRecord | null {
    const found = this.resolve({ namespace, reference });
    if (found === null) return null;
    return version === null
      ? this.#database.query<WorkflowRecord, [string]>(FIND).get(found.workflowUuid)
      : this.#database.query<WorkflowRecord, [string, number]>(FIND_VERSION).get(found.workflowUuid, version);
  }

  version({ namespace, workflowUuid, version }: VersionKey): string | null {
    const statement = this.#database.query<StoredVersion, [string, number, string]>(VERSION);
    const found = statement.get(workflowUuid, version, namespace);
    return found === null ? null : definitionText(found);
  }

  list(page: PageRequest, until: string): WorkflowRecord[] {
    return listPage(this.#database, LIST, page, until, (row: WorkflowRecord) => row);
  }
}

function columnsOf(options: StoredOptions | undefined): { options: string | null; preparesRuns: number } {
  return { options: options?.text ?? null, preparesRuns: options?.preparesRuns ? 1 : 0 };
}
