import type { Json } from "../schemas/json/json.ts";
import { endOfPath } from "./placeholder.ts";

/** The language that definitions are written in now: since 2, `${{ … }}` in a text is an expression. */
export const LANGUAGE = 2;

/**
 * The steps of a definition, as JSON text, in the language of now. What was written in language 1 means what it meant:
 * `${{` was literal text there.
 */
export function translated(steps: string, language: number): string {
  if (language >= LANGUAGE || !MAY_HOLD_ONE.test(steps)) return steps;
  const parsed: Json = JSON.parse(steps);
  return JSON.stringify(translatedValue(parsed));
}

/** A version of a workflow as it is stored. */
export interface StoredVersion {
  /** JSON texts. */
  steps: string;
  options: string | null;
  language: number;
}

/** The JSON text of a version, a Definition, in the language of now. Options came with language 2. */
export function definitionText({ steps, options, language }: StoredVersion): string {
  const own = `"steps":${translated(steps, language)}`;
  return options === null ? `{${own}}` : `{${own},${options.slice(1)}`;
}

const MAY_HOLD_ONE = /\$\{\{|\\u/;

function translatedValue(value: Json): Json {
  if (typeof value === "string") return translatedText(value);
  if (Array.isArray(value)) return value.map(translatedValue);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]): [string, Json] => [key, translatedValue(part)]));
}

/** Every `${{` that was literal text becomes `$${{`, which is. */
function translatedText(text: string): string {
  let result = "";
  let written = 0;
  // Where the last placeholder ended: a dollar sign that belongs to it escapes nothing.
  let from = 0;
  for (let at = text.indexOf("${"); at !== -1; at = text.indexOf("${", Math.max(at + 2, from))) {
    if (at > from && text[at - 1] === "$") from = at + 2;
    else if (text[at + 2] === "{") {
      result += `${text.slice(written, at)}$`;
      written = at;
    } else {
      const end = endOfPath(text, at + 2);
      if (end !== -1) from = end + 1;
    }
  }
  return result + text.slice(written);
}
