/** A step that is written into a text: after the one that is chosen, or at the end. */
import type { Range } from "../../shared/editor/positions.ts";

export interface StepToInsert {
  type: string;
  config: unknown;
}

/** A name that no step of the text has yet. */
export function freeName(type: string, text: string): string {
  const word = type.replaceAll(/\W+/g, "_");
  for (let number = 1; ; number++) {
    const name = number === 1 ? word : `${word}_${number}`;
    if (!text.includes(JSON.stringify(name)) || number > 999) return name;
  }
}

/**
 * What to write where. @param after the step that it comes behind; null where it is the first of `list`, the range of the
 * brackets around the steps
 */
export function insertionOf(
  step: StepToInsert,
  text: string,
  list: Range,
  after: Range | null,
): { at: Range; insert: string } {
  // A new name is not the word of its type, which the text has.
  const name = freeName(step.type, text);
  const written = JSON.stringify({ name, type: step.type, config: step.config }, null, 2);
  if (after !== null) {
    const indent = indentOf(text, after.from);
    return { at: { from: after.to, to: after.to }, insert: `,\n${indented(written, indent)}` };
  }
  const indent = `${indentOf(text, list.from)}  `;
  const isEmpty = text.slice(list.from + 1, list.to - 1).trim() === "";
  const end = isEmpty ? `\n${indent.slice(2)}` : ",";
  return {
    at: { from: list.from + 1, to: isEmpty ? list.to - 1 : list.from + 1 },
    insert: `\n${indented(written, indent)}${end}`,
  };
}

function indented(text: string, indent: string): string {
  return text.replaceAll(/^/gm, indent);
}

/** The blanks that the line of a position begins with. */
function indentOf(text: string, position: number): string {
  const line = text.slice(text.lastIndexOf("\n", position - 1) + 1, position);
  return /^\s*/.exec(line)?.[0] ?? "";
}
