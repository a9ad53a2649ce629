/** References to workflows, by uuid or author's id. */
import { isUuid } from "../../ids.ts";
import type { WorkflowKey } from "../port.ts";

/**
 * The workflow that a reference names now: by its uuid, or else an author's id. The uuid of a deleted workflow names none, even
 * if it is the id of another. Expects a row "reference" with namespace, reference, and the reference as a uuid if it is one.
 */
export const RESOLVED = `left join workflow_definitions owner
    on owner.uuid = reference.uuid and owner.namespace = reference.namespace
  left join lateral (select owner.uuid, owner.version, owner.prepares_runs where owner.deleted_at is null) by_uuid on true
  left join lateral (select uuid, version, prepares_runs from workflow_definitions
    where owner.uuid is null and namespace = reference.namespace and id = reference.reference and deleted_at is null
    order by uuid desc limit 1) by_id on true`;

/** The references in $1 (see `referencesText`) as rows. */
export const REFERENCE = `reference as (
    select * from json_to_recordset($1::text::json) as item (position integer, namespace text, reference text, uuid uuid, version integer)
  )`;

/** JSON text of references, for REFERENCE. */
export function referencesText(items: (WorkflowKey & { version?: number | null })[]): string {
  return JSON.stringify(
    items.map(({ namespace, reference, version }, position) => ({
      position,
      namespace,
      reference: storable(reference),
      uuid: isUuid(reference) ? reference : null,
      version,
    })),
  );
}

/** A reference as PostgreSQL takes it: no text of its holds a NUL, so that such a reference names nothing, as an empty one does. */
export function storable(reference: string): string {
  return reference.includes("\0") ? "" : reference;
}
