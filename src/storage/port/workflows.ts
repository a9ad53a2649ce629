/** Workflows as they are stored, asked for and read. */

export interface NewWorkflow {
  uuid: string;
  namespace: string;
  id: string | null;
  name: string;
  description: string | null;
  /** JSON text of the steps. */
  steps: string;
}

export interface WorkflowChange {
  namespace: string;
  /** uuid or author's id. */
  reference: string;
  /** Undefined keeps the id that it has. */
  id: string | undefined;
  name: string;
  description: string | null;
  steps: string;
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
 * A new row that its storage names, so late that no reader of an ascending list has passed it. A row that comes with a uuid
 * is stored under that one, wherever readers are.
 */
export type Unnamed<Row extends { uuid: string }> = Omit<Row, "uuid"> & { uuid: string | null };
