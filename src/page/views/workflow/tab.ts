import type { StoredDefinition } from "../../../client/definitions.ts";

/** What each tab of a workflow shows. */
export interface TabProps {
  workflow: StoredDefinition;
}
