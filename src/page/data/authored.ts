import type { StoredDefinition } from "../../client/definitions.ts";

/** What the platform adds to a definition; the rest is its author's. */
const ADDED = new Set(["uuid", "version", "created_at", "updated_at"]);
/** What authors write last: what a run is given stands before its steps, what it gives behind them. */
const LAST = ["steps", "output"];

/** A stored definition as its author wrote it, to be changed and sent again. */
export function authored(stored: StoredDefinition): Record<string, unknown> {
  const own = Object.entries(stored).filter(([key, value]) => !ADDED.has(key) && value !== null);
  const last = LAST.flatMap((name) => own.filter(([key]) => key === name));
  return Object.fromEntries([...own.filter(([key]) => !LAST.includes(key)), ...last]);
}

/** The text of a definition, as the editor shows it. */
export function definitionText(stored: StoredDefinition): string {
  return textOf(authored(stored));
}

/** The same beside a text: with its keys in the order of that, so that only what differs is seen. */
export function definitionBeside(stored: StoredDefinition, text: string): string {
  return textOf(inOrderOf(authored(stored), parsed(text)));
}

/** A text as `definitionText` writes it, whatever its spaces and lines; one that is no JSON as it is. */
export function plainText(text: string): string {
  const value = parsed(text);
  return value === undefined ? text : textOf(value);
}

function textOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function inOrderOf(value: unknown, like: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const model = new Map(typeof like === "object" && like !== null ? Object.entries(like) : []);
  if (Array.isArray(value)) return value.map((item, index) => inOrderOf(item, model.get(String(index))));
  const own = new Map(Object.entries(value));
  const keys = new Set([...[...model.keys()].filter((key) => own.has(key)), ...own.keys()]);
  return Object.fromEntries([...keys].map((key) => [key, inOrderOf(own.get(key), model.get(key))]));
}
