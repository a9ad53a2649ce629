/** The filter of the list, as the address says it and as the API is asked. */
import type { RunFilter } from "../../../client/client.ts";
import { RUN_STATUSES } from "../../shared/status/run-statuses.ts";

/** Names in the address, and what each is called beside its value. */
export const FILTERS = {
  status: "status",
  workflow: "workflow",
  version: "version",
  tag: "tag",
  from: "from",
  to: "before",
  q: "error has",
  parent: "started by",
  root: "came of",
  again: "tries again",
} as const;
export type FilterName = keyof typeof FILTERS;
const NAMES: readonly FilterName[] = [
  "status",
  "workflow",
  "version",
  "tag",
  "from",
  "to",
  "q",
  "parent",
  "root",
  "again",
];

const ABSOLUTE = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i;
const UNITS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What is chosen, by name. */
export function chosenFilters(query: URLSearchParams): [FilterName, string][] {
  return NAMES.flatMap((name) => {
    const value = query.get(name);
    return value === null || value === "" ? [] : [[name, value] satisfies [FilterName, string]];
  });
}

/**
 * What the API is asked for. Times may be relative, such as `-24h`, so that a link shows the last day whenever it is opened.
 *
 * @param now milliseconds since the epoch
 */
export function filterOf(query: URLSearchParams, now: number): RunFilter {
  const text = (name: FilterName) => query.get(name) || null;
  const [status, workflow, version, tag, from, to, error, parentRunId, rootRunId, retryOf] = NAMES.map(text);
  const statuses = RUN_STATUSES.filter((one) => status?.split(",").includes(one));
  const createdFrom = timeOf(from, now);
  const createdTo = timeOf(to, now);
  return {
    ...(statuses.length > 0 && { status: statuses }),
    ...(workflow && { workflow }),
    ...(workflow && version && { version: Number(version) }),
    ...(tag && { tag }),
    ...(createdFrom && { createdFrom }),
    ...(createdTo && { createdTo }),
    ...(error && { error }),
    ...(parentRunId && { parentRunId }),
    ...(rootRunId && { rootRunId }),
    ...(retryOf && { retryOf }),
    ...(query.get("order") === "asc" && { order: "asc" as const }),
  };
}

/** Whether a text says a time: relative, or in a form that the API takes. */
export function isTime(text: string): boolean {
  return /^-\d{1,6}[mhd]$/.test(text) || (ABSOLUTE.test(text) && !Number.isNaN(Date.parse(text)));
}

/** What a time in the address is as the API takes it. */
export function timeOf(text: string | null | undefined, now: number): string | null {
  if (!text) return null;
  const [, count, unit = ""] = /^-(\d+)([mhd])$/.exec(text) ?? [];
  const length = UNITS[unit];
  if (length === undefined) return text;
  // To the minute, so that the same list is asked for when it is read again.
  return new Date(Math.floor((now - Number(count) * length) / 60_000) * 60_000).toISOString();
}
