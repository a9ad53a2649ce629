import type { StoredDefinition } from "../../client/definitions.ts";

/** What the platform adds to a definition; the rest is its author's. */
const ADDED = new Set(["uuid", "version", "created_at", "updated_at"]);

/** A stored definition as its author wrote it, to be changed and sent again. */
export function authored(stored: StoredDefinition): Record<string, unknown> {
  return Object.fromEntries(Object.entries(stored).filter(([key, value]) => !ADDED.has(key) && value !== null));
}

/** The text of a definition, as the editor shows it. */
export function definitionText(stored: StoredDefinition): string {
  return `${JSON.stringify(authored(stored), null, 2)}\n`;
}
