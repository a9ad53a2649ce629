import { few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { MAX_PAGE_BYTES, type PageRequest } from "../../schemas/lists/page.ts";
import type { FoundVersions, VersionsLookup, WorkflowLookup, WorkflowRecord } from "../port.ts";
import { inOrder, type Placed } from "./definitions.ts";
import type { Settled } from "./ids.ts";
import { REFERENCE, RESOLVED, referencesText } from "./references.ts";
import { FIRST_UUID, LAST_UUID, milliseconds } from "./statement.ts";

const COLUMNS = `d.uuid, v.id, v.name, v.description, v.steps::text as steps, v.options::text as options, v.version,
  ${milliseconds("d.created_at")} as "createdAt", ${milliseconds("v.created_at")} as "updatedAt"`;

// "Offset 0" forces one look-up for each reference: on small tables the planner would join first, and that plan would be
// kept.
export const FIND_WORKFLOWS = keptStatement(
  "find_workflows",
  ["text"],
  {
    position: "integer",
    uuid: "uuid",
    id: "text",
    name: "text",
    description: "text",
    steps: "text",
    options: "text",
    version: "integer",
    createdAt: "float8",
    updatedAt: "float8",
  },
  `with ${REFERENCE}
  select reference.position, found.* from (select * from reference where ${few("position")}) as reference ${RESOLVED}
  cross join lateral (
    select ${COLUMNS} from workflow_definitions d
    join workflow_versions v on v.workflow_uuid = d.uuid and v.version = coalesce(reference.version, d.version)
    where d.uuid = coalesce(by_uuid.uuid, by_id.uuid) offset 0
  ) as found`,
);

const list = (
  rows: string,
) => `select uuid, id, name, description, steps, options, version, "createdAt", "updatedAt" from (
    select *, sum(length(steps) + coalesce(length(options), 0)) over (rows unbounded preceding) - length(steps) - coalesce(length(options), 0)
        as before from (
      select ${COLUMNS} from workflow_definitions d
      join workflow_versions v on v.workflow_uuid = d.uuid and v.version = d.version
      where d.namespace = $1 and d.deleted_at is null and ${rows} limit $2::integer
    ) as rows
  ) as page where before < ${MAX_PAGE_BYTES}`;

const LIST = {
  desc: list("d.uuid < $3::text::uuid order by d.uuid desc"),
  asc: list("d.uuid > $3::text::uuid and d.uuid < $4::text::uuid order by d.uuid"),
};

const VERSIONS = `with ${REFERENCE}, named as (
    select coalesce(by_uuid.uuid, by_id.uuid) as uuid from reference ${RESOLVED}
  )
  select uuid, coalesce((
    select json_agg(json_build_object('version', v.version, 'name', v.name, 'createdAt', ${milliseconds("v.created_at")},
      'managedBy', v.options ->> 'managed_by') order by v.version desc)
    from (select * from workflow_versions where workflow_uuid = named.uuid and version < $2::text::integer order by version desc
      limit $3::text::integer) as v
  ), '[]')::text as versions from named where uuid is not null`;

const LAST_VERSION = 2_147_483_647;

/** Workflows as they are read on one server. */
export class Workflows {
  readonly #pool: Pool;
  readonly #settled: Settled;

  constructor(pool: Pool, settled: Settled) {
    this.#pool = pool;
    this.#settled = settled;
  }

  async find(items: WorkflowLookup[]): Promise<(WorkflowRecord | null)[]> {
    const rows = await this.#pool.run<WorkflowRecord & Placed>(FIND_WORKFLOWS.call, [referencesText(items)]);
    return inOrder(items.length, rows, ({ position: _, ...workflow }) => workflow);
  }

  async list({ namespace, limit, order, after }: PageRequest): Promise<WorkflowRecord[]> {
    return order === "desc"
      ? this.#pool.run(LIST.desc, [namespace, limit, after ?? LAST_UUID])
      : this.#pool.run(LIST.asc, [namespace, limit, after ?? FIRST_UUID, await this.#settled()]);
  }

  async versions(lookup: VersionsLookup): Promise<FoundVersions | null> {
    const parameters = [referencesText([lookup]), String(lookup.before ?? LAST_VERSION), String(lookup.limit)];
    const [row] = await this.#pool.run<{ uuid: string; versions: string }>(VERSIONS, parameters);
    return row === undefined ? null : { uuid: row.uuid, versions: JSON.parse(row.versions) };
  }
}
