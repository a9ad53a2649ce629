/** The statement that changes a workflow, or makes it where there is none. */
import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { LANGUAGE } from "../../language/translated.ts";
import type { ChangedWorkflow, Outcome, WorkflowChange } from "../port.ts";
import { notFound } from "../refusals.ts";
import { mayStore } from "./ids.ts";
import { REFERENCE, RESOLVED, referencesText } from "./references.ts";

/** Of advisory locks with two numbers, which no others have. */
const LOCK_CLASS = 470;

// Two that make a workflow of one id come one after the other, so that the second finds it. The row is locked before it is
// compared, so that it is the newest version that is.
export const CHANGE_WORKFLOW = keptStatement(
  "change_workflow",
  ["text", "text", "text", "text", "text", "text", "text", "text", "uuid", "text", "float8"],
  { uuid: "uuid", version: "integer", result: "text" },
  `with ${REFERENCE}, target as materialized (
    select d.* from workflow_definitions d
    where d.uuid = (select coalesce(by_uuid.uuid, by_id.uuid) from reference ${RESOLVED}) and d.deleted_at is null for update
  ), judged as materialized (
    select uuid, version, case
      when not ($8::text is null or $8::text::jsonb @> to_jsonb(version)) then 'conflict'
      when coalesce($2, id) is not distinct from id and name = $3 and description is not distinct from $4 and steps = $5::jsonb
        and coalesce(options::jsonb, '{}') = coalesce($6::jsonb, '{}')
        and coalesce((select language from workflow_versions v where v.workflow_uuid = target.uuid and v.version = target.version), ${LANGUAGE}) = ${LANGUAGE}
        then 'unchanged'
      else 'changed' end as result
    from target
  ), changed as (
    update workflow_definitions d set id = coalesce($2, d.id), name = $3, description = $4, steps = $5::jsonb,
      options = $6::json, prepares_runs = $7::boolean, version = d.version + 1, updated_at = clock_timestamp()
    from judged where d.uuid = judged.uuid and judged.result = 'changed'
    returning d.*
  ), made as (
    insert into workflow_definitions (uuid, namespace, id, name, description, steps, options, prepares_runs)
    select $9, reference.namespace, $10, $3, $4, $5::jsonb, $6::json, $7::boolean from reference
    where $10 is not null and $8 is null and not exists (select from target) and ${mayStore("$9", "$11")}
    returning *
  ), kept as (
    insert into workflow_versions (workflow_uuid, version, id, name, description, steps, options, created_at, language)
    select uuid, version, id, name, description, $5::json, options, updated_at, ${LANGUAGE} from changed
    union all select uuid, version, id, name, description, $5::json, options, updated_at, ${LANGUAGE} from made
  )
  select uuid, version, 'changed' from changed
  union all select uuid, version, 'created' from made
  union all select uuid, version, result from judged where result <> 'changed'
  union all select null, null, 'late' where $10 is not null and $8 is null and not exists (select from target) and not exists (select from made)`,
  `perform pg_advisory_xact_lock(${LOCK_CLASS}, hashtext($10)) where $10 is not null`,
);

interface Row {
  uuid: string;
  version: number;
  result: "changed" | "created" | "unchanged" | "conflict" | "late";
}

/** Null where the workflow that was to be made got an id that came too late. */
export async function changeWorkflow(
  pool: Pool,
  change: WorkflowChange,
  uuid: string,
  oldest: number | null,
): Promise<Outcome<ChangedWorkflow> | null> {
  const { id, name, description, steps, options, ifVersions, create, reference } = change;
  const [row] = await pool.run<Row>(
    CHANGE_WORKFLOW.call,
    [
      referencesText([change]),
      id ?? null,
      name,
      description,
      steps,
      options?.text ?? null,
      // As text: the library writes any other boolean than true as false.
      String(options?.preparesRuns ?? false),
      ifVersions === undefined ? null : JSON.stringify(ifVersions),
      uuid,
      create?.id ?? null,
      oldest,
    ],
    false,
  );
  if (row === undefined) return notFound(reference);
  const { version, result } = row;
  if (result === "late") return null;
  if (result === "conflict") return { kind: "error", code: "version_conflict", subject: String(version) };
  const value = { uuid: row.uuid, version };
  if (result === "unchanged") return { kind: "ok", value: { ...value, unchanged: true } };
  return { kind: "ok", value: result === "created" ? { ...value, created: true } : value };
}
