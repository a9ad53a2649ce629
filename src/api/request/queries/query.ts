import { type Static, type TObject, Type } from "@sinclair/typebox";
import { type RequestFault, ValidationFailed } from "../../../errors.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import type { Json } from "../../../schemas/json/json.ts";
import { PageQuery, VersionsQuery, WorkflowsQuery } from "../../../schemas/lists/page-query.ts";
import { StatsQuery } from "../../../schemas/lists/stats.ts";

const VersionQuery = Type.Object({
  version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: "An older version" })),
});

const ExplainQuery = Type.Object(
  {
    explain: Type.Optional(
      Type.Union([Type.Literal("true"), Type.Literal("false")], {
        description: "Whether to tell what each step can read, and what it does read",
      }),
    ),
  },
  { additionalProperties: false },
);

const ChangeQuery = Type.Object(
  {
    create: Type.Optional(
      Type.Union([Type.Literal("true"), Type.Literal("false")], {
        description: "Whether the workflow is made where no other has the id; not for a uuid",
      }),
    ),
  },
  { additionalProperties: false },
);

/** @throws ValidationFailed, as all that read a query do */
export const readPageQuery = queryReader(PageQuery);
export const readWorkflowsQuery = queryReader(WorkflowsQuery);
/** The version that was asked for; absent for the newest. */
export const readVersionQuery = queryReader(VersionQuery);
export const readVersionsQuery = queryReader(VersionsQuery);
export const readStatsQuery = queryReader(StatsQuery);
const changeQuery = queryReader(ChangeQuery);
const explainQuery = queryReader(ExplainQuery);

/** Whether a workflow may be made. @throws ValidationFailed */
export function readChangeQuery(request: Request): boolean {
  return changeQuery(request).create === "true";
}

/** @throws ValidationFailed */
export function readExplainQuery(request: Request): boolean {
  return explainQuery(request).explain === "true";
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

/** The parameters of a request, as they were sent. */
export function searchOf({ url }: Request): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at));
}

/** Reads the query of a request as a schema says. What the schema does not name, and does not forbid, is passed over. */
export function queryReader<Schema extends TObject>(schema: Schema): (request: Request) => Static<Schema> {
  const check = checkOf(schema);
  const parametersOf = parametersReader(schema);
  return (request) => checked(check, parametersOf(request), "query");
}

/**
 * Reads the parameters of a request as a schema says, but does not check them: lists may be repeated, or have commas. An empty cursor
 * is left out: it asks for the first page, and is how clients write a link before they have one.
 *
 * @throws ValidationFailed where one is repeated that is no list, or is no number that is to be one
 */
export function parametersReader({ properties }: TObject): (request: Request) => Record<string, Json> {
  const named = (type: string) => Object.keys(properties).filter((name) => properties[name]?.type === type);
  const listed = new Set(named("array"));
  const whole = named("integer");
  return (request) => {
    if (!request.url.includes("?")) return {};
    const texts = new Map<string, string>();
    const lists = new Map<string, string[]>();
    const repeated = new Set<string>();
    for (const [name, text] of searchOf(request)) {
      if (listed.has(name)) {
        lists.set(name, [...(lists.get(name) ?? []), ...text.split(",")]);
      } else {
        if (texts.has(name) && Object.hasOwn(properties, name)) repeated.add(name);
        texts.set(name, text);
      }
    }
    if (repeated.size > 0) throw new ValidationFailed([...repeated].map(givenTwice));
    if (texts.get("cursor") === "") texts.delete("cursor");
    const once = Object.fromEntries(texts);
    return { ...once, ...numbers(once, whole), ...Object.fromEntries(lists) };
  };
}

/** Those of the texts, read as whole numbers. @throws ValidationFailed */
export function numbers(
  texts: Record<string, string | undefined>,
  names: string[],
  root: "query" | "header" = "query",
): Record<string, number> {
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

function givenTwice(name: string): RequestFault {
  return { loc: ["query", name], msg: "Input should be given once", type: "value_error" };
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
