/** What of an address is no filter, as where a link was cut or changed: it is said, and nothing is listed in its place. */
import { RUN_STATUSES } from "../../shared/status/run-statuses.ts";
import { FILTERS, type FilterName, isTime } from "./filter.ts";

export interface WrongFilter {
  name: string;
  value: string;
  /** What it would have to be. */
  says: string;
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const VERSION = /^[1-9]\d{0,9}$/;

const TIME = "a time is ISO 8601 with its offset, or -15m, -24h, -7d";

/** Every part of the address that says nothing to the list. */
export function wrongFilters(query: URLSearchParams): WrongFilter[] {
  return [...query].flatMap(([name, value]) => {
    const says = value === "" ? null : faultOf(name, value, query);
    return says === null ? [] : [{ name, value, says }];
  });
}

/** What the address has without what is wrong: of several statuses those that there are stay. */
export function withoutWrong(query: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams(query);
  for (const { name, value } of wrongFilters(query)) {
    const statuses = name === "status" ? value.split(",").filter(isStatus) : [];
    if (statuses.length > 0) kept.set(name, statuses.join(","));
    else kept.delete(name);
  }
  return kept;
}

function faultOf(name: string, value: string, query: URLSearchParams): string | null {
  if (name === "order") return value === "asc" || value === "desc" ? null : "the order is asc or desc";
  if (name === "at") return isTime(value) ? null : TIME;
  if (!isFilter(name)) return `there is no such filter; there are ${Object.keys(FILTERS).join(", ")}`;
  switch (name) {
    case "status":
      return value.split(",").every(isStatus)
        ? null
        : `a status is ${RUN_STATUSES.slice(0, -1).join(", ")} or ${RUN_STATUSES.at(-1)}`;
    case "version":
      if (!VERSION.test(value)) return "a version is a number from 1 on";
      return query.get("workflow") ? null : "a version is that of a workflow, which has to be chosen too";
    case "from":
    case "to":
      return isTime(value) ? null : TIME;
    case "parent":
    case "root":
    case "again":
      return UUID.test(value) ? null : "it is the id of a run";
    default:
      return null;
  }
}

function isFilter(name: string): name is FilterName {
  return Object.hasOwn(FILTERS, name);
}

function isStatus(text: string): boolean {
  return RUN_STATUSES.some((status) => status === text);
}
