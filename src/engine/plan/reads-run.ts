import { RUN } from "../../language/definition/facts.ts";
import type { Definition } from "../../language/definition/workflow.ts";
import { nextPlaceholder, parsePath } from "../../language/placeholder.ts";

/** The fields that are expressions as they are. */
const CONDITIONS = ["if", "while", "until"];

/**
 * Whether a definition reads `run`. Where a step has that name it means the step, everywhere in the definition; a text that only
 * may be an expression counts as one.
 */
export function readsRun(definition: Definition): boolean {
  const { steps, ...options } = definition;
  return !isStep(steps) && (mentions(steps) || mentions({ ...options, input: null, ui: null }));
}

function isStep(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isStep);
  if (typeof value !== "object" || value === null) return false;
  if ("name" in value && "type" in value && value.name === RUN) return true;
  return Object.values(value).some(isStep);
}

function mentions(value: unknown, key = ""): boolean {
  if (typeof value === "string") return isIn(value, key);
  if (Array.isArray(value)) return value.some((part) => mentions(part));
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, part]) => mentions(part, name));
}

const WORD = /\brun\b/;

function isIn(text: string, key: string): boolean {
  if (!text.includes(RUN)) return false;
  if (CONDITIONS.includes(key) && WORD.test(text)) return true;
  for (let found = nextPlaceholder(text, 0); found !== null; found = nextPlaceholder(text, found.end)) {
    const { source } = found;
    if (source === null) continue;
    if ("path" in source ? parsePath(source.path.trim())?.[0] === RUN : WORD.test(source.expression)) return true;
  }
  return false;
}
