/** What the API reads. */
import type { PageRequest } from "../../../schemas/lists/page.ts";
import type { RunLook } from "../../../schemas/lists/run-query.ts";
import type { RunKey } from "../../../schemas/runs/run.ts";
import type { RunRecord } from "../runs/runs.ts";
import type { FoundVersions, VersionsLookup, WorkflowLookup, WorkflowRecord } from "../workflows.ts";
import type { RunsLooked, SmallProgress } from "./looks.ts";

/** The reads that decide no write, so that a copy of the database can answer them too. */
export interface Reads {
  findWorkflows(items: WorkflowLookup[]): Promise<(WorkflowRecord | null)[]>;
  /**
   * Up to `limit` rows, fewer once they hold MAX_PAGE_BYTES; none only at the end of the list. An ascending list ends before the
   * last two seconds, and before the uuid of any row that may still be stored.
   */
  listWorkflows(page: PageRequest): Promise<WorkflowRecord[]>;
  /** Null where there is no such workflow. */
  listVersions(lookup: VersionsLookup): Promise<FoundVersions | null>;
  findRuns(keys: RunKey[]): Promise<(RunRecord | null)[]>;
  /** Like listWorkflows. */
  listRuns(page: PageRequest): Promise<RunRecord[]>;
  /** Looks for runs, up to `limit` of them among up to `most` that are looked at. An ascending look ends where an ascending list does. */
  lookForRuns(look: RunLook): Promise<RunsLooked>;
  /**
   * How far runs have come, of those of which that is small (MOST_PROGRESS), the youngest first; null for the others. PostgreSQL goes by
   * what a column takes, compressed, as the fourth of what it holds.
   */
  findSmallProgress(keys: RunKey[]): Promise<(SmallProgress | null)[]>;
}
