/** What a change of a workflow is compared with, and what takes a deletion back, on one SQLite connection. */
import type { Database } from "bun:sqlite";
import { isDeepStrictEqual } from "node:util";
import { LANGUAGE } from "../../language/translated.ts";
import type { DeletedWorkflow, Outcome, Version, WorkflowChange } from "../port.ts";
import { notFound } from "../refusals.ts";

const NOW = `select id, name, description, steps, options, language from workflow_versions where workflow_uuid = ? and version = ?`;

const OF_UUID = "select uuid from workflow_definitions where uuid = ? and namespace = ?";
const named = (condition: string) => `select uuid from workflow_definitions
  where namespace = +? and id = +? and deleted_at is ${condition} order by uuid desc limit 1`;
const OF_ID = named("null");
const DELETED = named("not null");

const UNDELETE = `update workflow_definitions set deleted_at = null where uuid = ? and (deleted_at is null or deleted_at >= ?)
  returning uuid, version`;

interface NowRow {
  id: string | null;
  name: string;
  description: string | null;
  steps: string;
  options: string | null;
  language: number;
}

/** Whether a version is what a change would make of it. */
export function isUnchanged(database: Database, { workflowUuid, version }: Version, change: WorkflowChange): boolean {
  const now = database.query<NowRow, [string, number]>(NOW).get(workflowUuid, version);
  const { id, name, description, steps, options } = change;
  if (now === null || now.language !== LANGUAGE || now.name !== name || now.description !== description) return false;
  if (id !== undefined && id !== now.id) return false;
  return isSameJson(steps, now.steps) && isSameJson(options?.text ?? "{}", now.options ?? "{}");
}

function isSameJson(first: string, second: string): boolean {
  return first === second || isDeepStrictEqual(JSON.parse(first), JSON.parse(second));
}

/** See Storage. Expects an open transaction. */
export function undelete(
  database: Database,
  { namespace, reference, since }: DeletedWorkflow,
): Outcome<{ uuid: string; version: number }> {
  const find = (text: string, ...parameters: [string, string]) =>
    database.query<{ uuid: string }, [string, string]>(text).get(...parameters);
  const found =
    find(OF_UUID, reference.toLowerCase(), namespace) ??
    find(OF_ID, namespace, reference) ??
    find(DELETED, namespace, reference);
  if (found === null) return notFound(reference);
  const back = database.query<{ uuid: string; version: number }, [string, number]>(UNDELETE).get(found.uuid, since);
  return back === null ? notFound(reference) : { kind: "ok", value: back };
}
