/** Workflows as they are stored, looked up and read. */

export interface NewWorkflow {
  uuid: string;
  namespace: string;
  id: string | null;
  name: string;
  description: string | null;
  /** JSON text of the steps. */
  steps: string;
  options?: StoredOptions;
}

/** What an author wrote of a workflow beside its name and steps; absent for nothing. */
export interface StoredOptions {
  /** JSON text of an object that is not empty. */
  text: string;
  /** Whether they say something about a run before it is stored: an insert has to name the version that it was made for. */
  preparesRuns: boolean;
}

export interface WorkflowChange {
  namespace: string;
  /** uuid or author's id. */
  reference: string;
  /** Undefined keeps the present id. */
  id: string | undefined;
  name: string;
  description: string | null;
  steps: string;
  /** Absent options are taken away. */
  options?: StoredOptions;
}

export interface WorkflowKey {
  namespace: string;
  /** uuid or author's id. */
  reference: string;
}

export interface WorkflowLookup extends WorkflowKey {
  /** Null for the newest. */
  version: number | null;
}

export interface WorkflowRecord {
  uuid: string;
  id: string | null;
  name: string;
  description: string | null;
  steps: string;
  /** JSON text of an object that is not empty; null for nothing. */
  options: string | null;
  version: number;
  createdAt: number;
  updatedAt: number;
}

/** A version of a workflow whose namespace is known already. */
export interface Version {
  workflowUuid: string;
  version: number;
}

export interface VersionKey extends Version {
  namespace: string;
}

/**
 * A new row. A null uuid has the storage make one right before the insert, so that no reader of an ascending list has passed
 * it. A given uuid is kept, even if readers have passed it.
 */
export type Unnamed<Row extends { uuid: string }> = Omit<Row, "uuid"> & { uuid: string | null };
