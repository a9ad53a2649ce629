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
