import { type TObject, Type } from "@sinclair/typebox";
import { type RequestFault, ValidationFailed } from "../../../errors.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import { PageQuery, VersionsQuery, WorkflowsQuery } from "../../../schemas/lists/page-query.ts";
import { StatsQuery } from "../../../schemas/lists/stats.ts";

const VersionQuery = Type.Object({
  version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "An older version" })),
});

const ExplainQuery = Type.Object({
  explain: Type.Optional(
    Type.Union([Type.Literal("true"), Type.Literal("false")], {
      description: "Whether to tell what each step can read, and what it does read",
    }),
  ),
});

const ChangeQuery = Type.Object({
  create: Type.Optional(
    Type.Union([Type.Literal("true"), Type.Literal("false")], {
      description: "Whether the workflow is made where no other has the id; not for a uuid",
    }),
  ),
});

const pageQuery = checkOf(PageQuery);
const workflowsQuery = checkOf(WorkflowsQuery);
const explainQuery = checkOf(ExplainQuery);
const versionQuery = checkOf(VersionQuery);
const versionsQuery = checkOf(VersionsQuery);
const changeQuery = checkOf(ChangeQuery);
const statsQuery = checkOf(StatsQuery);

type Texts = Record<string, string | undefined>;

/** @throws ValidationFailed */
export function readPageQuery(query: Texts): PageQuery {
  // An empty cursor asks for the first page: that is how clients write a link before they have one.
  const { cursor, ...others } = query;
  return checked(pageQuery, { ...others, ...(cursor ? { cursor } : {}), ...numbers(query, ["limit"]) }, "query");
}

/** @throws ValidationFailed */
export function readWorkflowsQuery(query: Texts): WorkflowsQuery {
  const { cursor, ...others } = query;
  return checked(workflowsQuery, { ...others, ...(cursor ? { cursor } : {}), ...numbers(query, ["limit"]) }, "query");
}

/** The version that was asked for; null for the newest. @throws ValidationFailed */
export function readVersionQuery(query: Texts): number | null {
  return checked(versionQuery, numbers(query, ["version"]), "query").version ?? null;
}

/** @throws ValidationFailed */
export function readVersionsQuery(query: Texts): VersionsQuery {
  const { cursor, ...others } = query;
  return checked(versionsQuery, { ...others, ...(cursor ? { cursor } : {}), ...numbers(query, ["limit"]) }, "query");
}

/** Whether a workflow may be made. @throws ValidationFailed */
export function readChangeQuery(query: Texts): boolean {
  return checked(changeQuery, query, "query").create === "true";
}

/** The versions that If-Match names; undefined for any. @throws ValidationFailed */
export function readIfMatch({ headers }: Request): number[] | undefined {
  const text = headers.get("if-match")?.trim();
  if (text === undefined || text === "*") return undefined;
  const versions = text.split(",").map((one) => /^\s*("?)([1-9]\d{0,8})\1\s*$/.exec(one)?.[2]);
  if (versions.every((version) => version !== undefined)) return versions.map(Number);
  const msg = 'Input should be a version of the workflow, such as "2"';
  throw new ValidationFailed([{ loc: ["header", "if-match"], msg, type: "value_error" }]);
}

/** @throws ValidationFailed */
export function readStatsQuery(query: Texts): StatsQuery {
  return checked(statsQuery, query, "query");
}

/** @throws ValidationFailed */
export function readExplainQuery(query: Texts): boolean {
  return checked(explainQuery, query, "query").explain === "true";
}

/** The parameters of a request, as they were sent. */
export function searchOf(request: Request): URLSearchParams {
  const at = request.url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : request.url.slice(at));
}

/** The parameters of a request. */
export interface Parameters {
  /** Those that may be given once. An empty cursor is left out: it asks for the first page. */
  once: Record<string, string>;
  /** Those that may be repeated, or have commas, where they are given. */
  several: Record<string, string[]>;
}

/** @throws ValidationFailed where one is repeated that is not among `repeatable` */
export function readParameters(request: Request, repeatable: string[]): Parameters {
  const once = new Map<string, string>();
  const several = new Map<string, string[]>();
  const faults: RequestFault[] = [];
  for (const [name, text] of searchOf(request)) {
    if (repeatable.includes(name)) several.set(name, [...(several.get(name) ?? []), ...text.split(",")]);
    else if (once.has(name))
      faults.push({ loc: ["query", name], msg: "Input should be given once", type: "value_error" });
    else if (name !== "cursor" || text !== "") once.set(name, text);
  }
  if (faults.length > 0) throw new ValidationFailed(faults);
  return { once: Object.fromEntries(once), several: Object.fromEntries(several) };
}

/** Those of the texts, read as whole numbers. @throws ValidationFailed */
export function numbers(texts: Texts, names: string[], root: "query" | "header" = "query"): Record<string, number> {
  const parsed: Record<string, number> = {};
  for (const name of names) {
    const text = texts[name];
    if (text === undefined) continue;
    if (!/^-?\d{1,15}$/.test(text)) {
      const msg = "Input should be a valid integer, unable to parse string as an integer";
      throw new ValidationFailed([{ loc: [root, name], msg, type: "int_parsing" }]);
    }
    parsed[name] = Number(text);
  }
  return parsed;
}

/** The OpenAPI parameters of a query. */
export const PAGE_PARAMETERS = parameters(PageQuery);
export const EXPLAIN_PARAMETERS = parameters(ExplainQuery);
export const WORKFLOWS_PARAMETERS = parameters(WorkflowsQuery);
export const VERSION_PARAMETERS = parameters(VersionQuery);
export const VERSIONS_PARAMETERS = parameters(VersionsQuery);
export const CHANGE_PARAMETERS = parameters(ChangeQuery);
export const STATS_PARAMETERS = parameters(StatsQuery);

/** The OpenAPI parameters of the query of a schema. */
export function parameters({ properties }: TObject) {
  return Object.entries(properties).map(([name, schema]) => ({ name, in: "query" as const, required: false, schema }));
}
