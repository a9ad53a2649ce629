import { type RequestFault, ValidationFailed } from "../../../errors.ts";
import { millisecondsOf, parseTimestamp } from "../../../language/expressions/values/moments.ts";
import { checkOf } from "../../../schemas/json/check.ts";
import { checked } from "../../../schemas/json/faults.ts";
import { PageQuery } from "../../../schemas/lists/page-query.ts";
import { RunQuery, type RunsAsked, WaitingQuery } from "../../../schemas/lists/run-query.ts";
import { parameters, parametersReader, queryReader, searchOf } from "./query.ts";

const runQuery = checkOf(RunQuery);
const runParametersOf = parametersReader(RunQuery);

/** The OpenAPI parameters of the list of runs. */
export const RUN_PARAMETERS = parameters(RunQuery);

/** Those of the list of runs that wait for a signal. */
export const WAITING_PARAMETERS = parameters(WaitingQuery);

/** Of what lists are filtered by. */
export const FILTER_PARAMETERS = RUN_PARAMETERS.filter(({ name }) => !isOfPage(name));

/** Which runs are followed. @throws ValidationFailed */
export function readFilterQuery(request: Request): RunsAsked {
  const [page] = [...searchOf(request).keys()].filter(isOfPage);
  if (page !== undefined) {
    throw new ValidationFailed([
      { loc: ["query", page], msg: "Extra inputs are not permitted", type: "extra_forbidden" },
    ]);
  }
  return readRunQuery(request) ?? {};
}

function isOfPage(name: string): boolean {
  return name === "view" || Object.hasOwn(PageQuery.properties, name);
}

/** The query of a request that asks for more than a page of all runs; null for one that does not. @throws ValidationFailed */
export function readRunQuery(request: Request): RunsAsked | null {
  if ([...searchOf(request).keys()].every((name) => Object.hasOwn(PageQuery.properties, name))) return null;
  return askedBy(checked(runQuery, withZones(runParametersOf(request)), "query"), ["query"]);
}

/**
 * A query with its times read.
 *
 * @param loc where it stands, for faults
 * @throws ValidationFailed
 */
export function askedBy({ created_from, created_to, ...query }: RunQuery, loc: RequestFault["loc"]): RunsAsked {
  if (query.version !== undefined && query.workflow === undefined) {
    throw new ValidationFailed([fault([...loc, "version"], "Input should come with a workflow")]);
  }
  return {
    ...query,
    ...(created_from !== undefined && { created_from: timeOf(created_from, [...loc, "created_from"]) }),
    ...(created_to !== undefined && { created_to: timeOf(created_to, [...loc, "created_to"]) }),
  };
}

/** @throws ValidationFailed */
export const readWaitingQuery = queryReader(WaitingQuery);

/** A plus sign in a query is a blank, and times of our own answers have one. */
function withZones<Query extends object>(query: Query): Query {
  const times = ["created_from", "created_to"].flatMap((name) => {
    const text: unknown = Reflect.get(query, name);
    return typeof text === "string" ? [[name, text.replace(/ (?=\d\d:\d\d$)/, "+")]] : [];
  });
  return { ...query, ...Object.fromEntries(times) };
}

function timeOf(text: string, loc: RequestFault["loc"]): number {
  try {
    return millisecondsOf(parseTimestamp(text));
  } catch {
    throw new ValidationFailed([fault(loc, "Input should be a time that there is")]);
  }
}

function fault(loc: RequestFault["loc"], msg: string): RequestFault {
  return { loc, msg, type: "value_error" };
}
