/** Runs that steps of other runs start. */

/** A run to start, as its step says. */
export interface Child {
  /** The uuid or author's id of its workflow. */
  workflow: string;
  /** Null for the newest when it is stored. */
  version: number | null;
  /** JSON text. */
  payload: string;
  /** Its end is told to the run that starts it. */
  isAwaited: boolean;
  /** It is cancelled when the step that waits for it is given up. */
  isCancelled: boolean;
}

/** A run to start, and the path of the attempt that it is for: each attempt has one run at most. */
export interface ChildOfStep extends Child {
  path: string;
}

/** In place of a path, of the run that is started because another one failed. It has no parent, and its failure starts none. */
export const ON_FAILURE = "on_failure";

/** Why a run was not started. */
export type ChildRefusal =
  | "workflow_not_found"
  | "version_not_found"
  | "too_deep"
  /** As many runs of its workflow as there may be are under way or waiting. */
  | "concurrency_limit"
  /** Its payload is not what its workflow takes. */
  | "invalid_input";

/** Runs that start one another. */
export const MAX_GENERATIONS = 16;
/** Runs that one run starts. */
export const MAX_CHILDREN = 10_000;
