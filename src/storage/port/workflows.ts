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
  /** It is changed only if its version is one of these; absent for any. */
  ifVersions?: number[];
  /** The workflow that is made where the reference names none; absent where none is made. */
  create?: { uuid: string | null; id: string };
}

/** What a change came to. */
export interface ChangedWorkflow {
  uuid: string;
  version: number;
  /** It was like that before, and has no new version: the same JSON, whatever the order of its keys. Absent else. */
  unchanged?: true;
  /** There was none. Absent else. */
  created?: true;
}

/** A workflow that was deleted, or was not. */
export interface DeletedWorkflow extends WorkflowKey {
  /** It is there again unless it was deleted before this; milliseconds since the epoch. */
  since: number;
}

/** The versions of a workflow before one, newest first. */
export interface VersionsLookup extends WorkflowKey {
  /** Null for all. */
  before: number | null;
  limit: number;
}

export interface VersionRecord {
  version: number;
  name: string;
  createdAt: number;
  managedBy: string | null;
}

/** Versions of a workflow. */
export interface FoundVersions {
  uuid: string;
  versions: VersionRecord[];
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
