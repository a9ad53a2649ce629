/** What is written and not saved, kept in this browser: a reload, or somebody else's version, loses none of it. */

export interface Draft {
  /** The version that it began with; null of a new workflow. */
  version: number | null;
  text: string;
  /** When it was kept: milliseconds since the epoch. */
  at: number;
}

/** @param workflow its uuid, or "new" */
export function draftOf(workflow: string): Draft | null {
  try {
    const draft: Draft | null = JSON.parse(localStorage.getItem(keyOf(workflow)) ?? "null");
    return typeof draft?.text === "string" ? draft : null;
  } catch {
    return null;
  }
}

/** False where the browser has no room for it. */
export function keepDraft(workflow: string, draft: Draft): boolean {
  try {
    localStorage.setItem(keyOf(workflow), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function dropDraft(workflow: string): void {
  localStorage.removeItem(keyOf(workflow));
}

function keyOf(workflow: string): string {
  return `draft ${workflow}`;
}
