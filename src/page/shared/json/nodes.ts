/** The parts of a JSON value that rows are made of. */

export type Key = string | number;
export type Entry = readonly [Key, unknown];
export type Kind = "object" | "list" | "range" | "text" | "line" | "number" | "word";

/** What a row shows, before it is one. */
export interface Part {
  /** What stands before the value: a key, an index, a range of them; null of the whole value and of the lines of a text. */
  key: string | null;
  kind: Kind;
  value: unknown;
  /** Of a range: the entries in it. */
  entries: readonly Entry[] | null;
  /** The way to it from the whole value. */
  path: readonly Key[];
}

/** More entries are folded, in ranges of so many, which are folded in turn. */
const FOLD = 100;
/** Letters of a text on one row, and of the begin of one that takes several. */
const LINE = 120;
const BEGIN = 60;

export function partOf(value: unknown, key: Key | null, around: readonly Key[]): Part {
  const path = key === null ? around : [...around, key];
  return { key: key === null ? null : String(key), kind: kindOf(value), value, entries: null, path };
}

/** What is within a part, in order. */
export function partsWithin(part: Part): Part[] {
  const { kind, value, path } = part;
  if (kind === "text") {
    return linesOf(String(value)).map((line) => ({ ...{ key: null, kind: "line", entries: null }, value: line, path }));
  }
  const entries = part.entries ?? entriesOf(value);
  return foldsOf(entries).map((fold) => {
    const [first, last] = [fold[0]?.[0] ?? "", fold.at(-1)?.[0] ?? ""];
    if (entries.length <= FOLD) return partOf(fold[0]?.[1], first, path);
    return { key: `${first} … ${last}`, kind: "range", value, entries: fold, path };
  });
}

/** What a part holds, to be copied: of a range the entries in it. */
export function heldBy({ value, entries }: Part): unknown {
  if (entries === null) return value;
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}

/** How many rows come of it at once when it is opened; 0 of what can't be. */
export function sizeOf({ kind, value, entries }: Part): number {
  if (kind === "text") return isLong(String(value)) ? String(value).length : 0;
  if (entries !== null) return entries.length;
  if (Array.isArray(value)) return value.length;
  return kind === "object" ? entriesOf(value).length : 0;
}

/** What is said of the size of a part. */
export function sizeText({ kind }: Part, size: number): string {
  if (kind === "object") return `{${size.toLocaleString("en")}}`;
  if (kind === "list") return `[${size.toLocaleString("en")}]`;
  if (kind === "range") return size.toLocaleString("en");
  return size === 0 ? "" : bytesText(size);
}

/** What is shown of the value on its own row. */
export function textOf({ kind, value }: Part): string {
  if (kind === "text") {
    const text = String(value);
    return text.length > LINE ? `${JSON.stringify(text.slice(0, BEGIN)).slice(0, -1)}…` : JSON.stringify(text);
  }
  return kind === "line" || kind === "number" || kind === "word" ? String(value) : "";
}

/** Whether a part is, or holds, what lies on a way through the whole value. */
export function leadsTo({ entries, path }: Part, way: readonly Key[]): boolean {
  if (entries === null) return path.at(-1) === way[path.length - 1];
  const key = way[path.length];
  const first = entries[0]?.[0];
  // Entries of a list are found by their numbers.
  if (typeof key === "number" && typeof first === "number") return first <= key && key < first + entries.length;
  return entries.some(([name]) => name === key);
}

/** How long a text is: "312 kB". */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Entries one by one, or in folds so large that there are no more than a hundred of these. */
function foldsOf(entries: readonly Entry[]): (readonly Entry[])[] {
  let size = 1;
  while (entries.length / size > FOLD) size *= FOLD;
  const folds: (readonly Entry[])[] = [];
  for (let at = 0; at < entries.length; at += size) folds.push(entries.slice(at, at + size));
  return folds;
}

function entriesOf(value: unknown): readonly Entry[] {
  if (Array.isArray(value)) return [...value.entries()];
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

/** A text in rows: its lines, the long ones in parts. */
export function linesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => {
    const parts: string[] = [];
    for (let at = 0; at < line.length || at === 0; at += LINE) parts.push(line.slice(at, at + LINE));
    return parts;
  });
}

function kindOf(value: unknown): Kind {
  if (Array.isArray(value)) return "list";
  if (typeof value === "object" && value !== null) return "object";
  if (typeof value === "string") return "text";
  return typeof value === "number" ? "number" : "word";
}

function isLong(text: string): boolean {
  return text.length > LINE || text.includes("\n");
}
