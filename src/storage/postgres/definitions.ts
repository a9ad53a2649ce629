import { few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import { definitionText, LANGUAGE, type StoredVersion } from "../../language/translated.ts";
import type {
  ChangedWorkflow,
  DeletedWorkflow,
  NewWorkflow,
  Outcome,
  StoredOptions,
  Unnamed,
  VersionKey,
  WorkflowChange,
  WorkflowKey,
} from "../port.ts";
import { notFound, UNSTORABLE } from "../refusals.ts";
import { changeWorkflow } from "./changes.ts";
import { type Ids, mayStore } from "./ids.ts";
import { REFERENCE, RESOLVED, referencesText, storable } from "./references.ts";
import { FIRST_UUID as NO_UUID, writeBatch } from "./statement.ts";

// One that was stored before is found, also by an id that is too old by now.
export const INSERT_WORKFLOWS = keptStatement(
  "insert_workflows",
  ["text", "float8"],
  { uuid: "uuid", namespace: "text" },
  `with item as (
    select * from json_to_recordset($1::text::json)
      as item (position integer, uuid uuid, namespace text, id text, name text, description text, steps text,
        options text, "preparesRuns" boolean)
    where ${few("position")}
  ), first as (
    select distinct on (uuid) * from item where ${mayStore("uuid", "$2")} order by uuid, position
  ), inserted as (
    insert into workflow_definitions (uuid, namespace, id, name, description, steps, options, prepares_runs)
    select uuid, namespace, id, name, description, steps::jsonb, options::json, coalesce("preparesRuns", false) from first order by uuid on conflict (uuid) do nothing
    returning uuid, namespace, created_at
  ), kept as (
    insert into workflow_versions (workflow_uuid, version, id, name, description, steps, options, created_at, language)
    select uuid, 1, id, name, description, steps::json, options::json, created_at, ${LANGUAGE} from first join inserted using (uuid)
    on conflict do nothing
  )
  select uuid, namespace from inserted
  union all select uuid, d.namespace from item join workflow_definitions d using (uuid)`,
);

const DELETE = `with ${REFERENCE}
  update workflow_definitions d set deleted_at = clock_timestamp()
  where d.uuid = (select coalesce(by_uuid.uuid, by_id.uuid) from reference ${RESOLVED}) and d.deleted_at is null
  returning d.uuid`;

/** The newest that is there with an id, else the newest that was deleted. */
const UNDELETE = `update workflow_definitions d set deleted_at = null
  where d.uuid = coalesce(
    (select uuid from workflow_definitions where uuid = $3::text::uuid and namespace = $1),
    (select uuid from workflow_definitions where namespace = $1 and id = $2 and deleted_at is null order by uuid desc limit 1),
    (select uuid from workflow_definitions where namespace = $1 and id = $2 and deleted_at is not null order by uuid desc limit 1)
  ) and (d.deleted_at is null or d.deleted_at >= to_timestamp($4::text::float8 / 1000))
  returning d.uuid, d.version`;

export const FIND_VERSIONS = keptStatement(
  "find_versions",
  ["text"],
  { position: "integer", steps: "text", options: "text", language: "integer" },
  `select key.position, v.steps::text as steps, v.options::text as options, v.language
  from json_to_recordset($1::text::json) as key (position integer, namespace text, "workflowUuid" uuid, version integer)
  join workflow_definitions d on d.uuid = key."workflowUuid" and d.namespace = key.namespace
  join workflow_versions v on v.workflow_uuid = d.uuid and v.version = key.version
  where ${few("key.position")}`,
);

/** Definitions and their versions in PostgreSQL. */
export class Definitions {
  readonly #writes: Pool;
  readonly #ids: Ids;

  constructor(writes: Pool, ids: Ids) {
    this.#ids = ids;
    this.#writes = writes;
  }

  insert(items: Unnamed<NewWorkflow>[]): Promise<Outcome<string>[]> {
    return writeBatch(items, (batch) =>
      this.#ids.store(batch, async (named, oldest) => {
        const text = JSON.stringify(
          named.map(({ options, ...item }, position) => ({ ...item, ...columnsOf(options), position })),
        );
        const rows = await this.#writes.run<{ uuid: string; namespace: string }>(INSERT_WORKFLOWS.call, [text, oldest]);
        const stored = new Map(rows.map((row) => [row.uuid, row.namespace]));
        return named.map(({ uuid, namespace }) => {
          if (!stored.has(uuid)) return null;
          return stored.get(uuid) === namespace ? { kind: "ok", value: uuid } : UNSTORABLE;
        });
      }),
    );
  }

  /** Changes one after the other, since two of one workflow make two versions. Large batches are not expected. */
  async update(items: WorkflowChange[]): Promise<Outcome<ChangedWorkflow>[]> {
    const outcomes: Outcome<ChangedWorkflow>[] = [];
    for (const item of items) {
      const [outcome] = await writeBatch([item], ([change = item]) =>
        this.#ids.store(
          [{ uuid: change.create === undefined ? NO_UUID : change.create.uuid }],
          async ([named], oldest) => [await changeWorkflow(this.#writes, change, named?.uuid ?? NO_UUID, oldest)],
        ),
      );
      outcomes.push(outcome ?? notFound(item.reference));
    }
    return outcomes;
  }

  async undelete(items: DeletedWorkflow[]): Promise<Outcome<{ uuid: string; version: number }>[]> {
    const outcomes: Outcome<{ uuid: string; version: number }>[] = [];
    for (const { namespace, reference, since } of items) {
      const uuid = isUuid(reference) ? reference : null;
      const rows = await this.#writes.run<{ uuid: string; version: number }>(UNDELETE, [
        namespace,
        storable(reference),
        uuid,
        since,
      ]);
      const [row] = rows;
      outcomes.push(row === undefined ? notFound(reference) : { kind: "ok", value: row });
    }
    return outcomes;
  }

  async delete(items: WorkflowKey[]): Promise<Outcome<{ uuid: string }>[]> {
    const outcomes: Outcome<{ uuid: string }>[] = [];
    for (const item of items) {
      const [row] = await this.#writes.run<{ uuid: string }>(DELETE, [referencesText([item])], false);
      outcomes.push(row === undefined ? notFound(item.reference) : { kind: "ok", value: row });
    }
    return outcomes;
  }

  async versions(keys: VersionKey[]): Promise<(string | null)[]> {
    const text = JSON.stringify(keys.map((key, position) => ({ ...key, position })));
    const rows = await this.#writes.run<StoredVersion & Placed>(FIND_VERSIONS.call, [text]);
    return inOrder(keys.length, rows, definitionText);
  }
}

/** Absent columns are left out: PostgreSQL would have to parse a null. */
function columnsOf(options: StoredOptions | undefined): { options?: string; preparesRuns?: boolean } {
  return options === undefined ? {} : { options: options.text, preparesRuns: options.preparesRuns };
}

export interface Placed {
  position: number;
}

/** The row of each position, null where there is none. */
export function inOrder<Row extends Placed, Value>(
  length: number,
  rows: Row[],
  read: (row: Row) => Value,
): (Value | null)[] {
  const values: (Value | null)[] = Array.from({ length }, () => null);
  for (const row of rows) values[row.position] = read(row);
  return values;
}
