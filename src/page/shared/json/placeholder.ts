import type { Key } from "./nodes.ts";

/** Names that a path of a placeholder has without quotes. */
const PLAIN = /^[^.[\]{}$"\s\\]+$/;

/**
 * What a definition writes for a place of a value: `${charge.response_data.items[0].id}`. @param root the name that the value
 * has in definitions: a step's, or `payload`
 */
export function placeholderOf(root: string, path: readonly Key[]): string {
  return `\${${root}${path.map(segment).join("")}}`;
}

/** A place for people, from the whole value: `items[0].id`. */
export function pathText(path: readonly Key[]): string {
  return path.map(segment).join("").replace(/^\./, "");
}

function segment(key: Key): string {
  if (typeof key === "number") return `[${key}]`;
  if (PLAIN.test(key)) return `.${key}`;
  // An opening brace would begin another placeholder: it is written as JSON writes any character.
  return `[${JSON.stringify(key).replaceAll("{", "\\u007b")}]`;
}
