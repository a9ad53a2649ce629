/** The name by which a definition reads what is known of its run. */
export const RUN = "run";

/** What is known of a run beside its payload and its log: what a definition reads as `run`. Times are ISO texts. */
export type RunFacts = {
  id: string;
  workflow_id: string;
  workflow_version: number;
  created_at: string;
  started_at: string;
  parent_run_id: string | null;
  root_run_id: string | null;
  tags: string[];
};

/** What can be read of `run`; there is nothing else. */
export const FACTS: ReadonlySet<string> = new Set<keyof RunFacts>([
  "id",
  "workflow_id",
  "workflow_version",
  "created_at",
  "started_at",
  "parent_run_id",
  "root_run_id",
  "tags",
]);
