import { bytesOfText, lru } from "../lru.ts";
import { parsePath, type Source, splitText, wholePlaceholder } from "./placeholder.ts";

/** A placeholder with a path, taken apart; null where it is none. `trimmed`: without the white space around it. */
export interface PathPart {
  path: string;
  segments: readonly string[] | null;
  trimmed: readonly string[] | null;
}

/** What a placeholder brings. */
export type Part = PathPart | { expression: string };

/** A text of a definition, taken apart. */
export interface Template {
  /** It is this placeholder and nothing else; null of any other text. */
  whole: Part | null;
  /** The fixed parts, one more than placeholders. */
  fixed: readonly string[];
  parts: readonly Part[];
}

const MAX_BYTES = 16 * 1024 * 1024;
/** Of a placeholder, beside its characters, which are there some three times. */
const BYTES_OF_PART = 300;

/** Each step of each run has its texts resolved: a text is taken apart once, which costs more than all the rest of that. */
const known = lru<Template>({
  maxBytes: MAX_BYTES,
  bytesOf: ({ fixed, parts }) =>
    fixed.reduce((size, text) => size + bytesOfText(text), 0) +
    parts.reduce(
      (size, part) => size + BYTES_OF_PART + 3 * bytesOfText("path" in part ? part.path : part.expression),
      0,
    ),
});

/** Takes a text apart, or gives what it was taken apart to before. */
export function templateOf(text: string): Template {
  const before = known.get(text);
  if (before !== undefined) return before;
  const { fixed, sources } = splitText(text);
  const whole = wholePlaceholder(text);
  const template = { whole: whole === null ? null : partOf(whole), fixed, parts: sources.map(partOf) };
  known.set(text, template);
  return template;
}

function partOf(source: Source): Part {
  if (!("path" in source)) return source;
  const { path } = source;
  return { path, segments: parsePath(path), trimmed: parsePath(path.trim()) };
}
