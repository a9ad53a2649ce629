/** Places of a JSON text: from the `loc` of a fault to the characters that it means, and back. */
import type { SyntaxNode, Tree } from "@lezer/common";

export type Loc = readonly (string | number)[];

export interface Range {
  from: number;
  to: number;
}

/** Gives a part of the text. */
export type Read = (from: number, to: number) => string;

/**
 * What of the text a place means: its value, or, with `isKey`, its key. Of a place that is not there, such as a key that is
 * missing, it is the begin of what should have it.
 */
export function rangeOf(tree: Tree, read: Read, loc: Loc, isKey = false): Range {
  const whole = valueIn(tree.topNode);
  if (whole === null) return { from: 0, to: 0 };
  let node: SyntaxNode = whole;
  for (const [index, segment] of loc.entries()) {
    const next: SyntaxNode | null =
      typeof segment === "number" ? itemOf(node, segment) : propertyOf(node, read, segment);
    if (next === null) return { from: node.from, to: Math.min(node.to, node.from + 1) };
    const key = next.name === "Property" ? next.firstChild : null;
    const value: SyntaxNode | null = next.name === "Property" ? valueIn(next) : next;
    if (key !== null && (value === null || (isKey && index === loc.length - 1))) return { from: key.from, to: key.to };
    node = value ?? next;
  }
  return { from: node.from, to: node.to };
}

/** The place that a position of the text lies in: of a key that of its value. */
export function locAt(tree: Tree, read: Read, position: number): (string | number)[] {
  const loc: (string | number)[] = [];
  for (let node: SyntaxNode | null = tree.resolveInner(position, -1); node !== null; node = node.parent) {
    const { parent } = node;
    if (node.name === "Property") loc.unshift(keyOf(node, read) ?? "");
    else if (parent?.name === "Array" && isValue(node))
      loc.unshift(valuesIn(parent).findIndex(({ from }) => from === node?.from));
  }
  return loc;
}

/** Where the text is no JSON; null where it is. */
export function syntaxFault(tree: Tree, length: number): Range | null {
  let fault: Range | null = null;
  tree.iterate({
    enter: ({ type, from, to }) => {
      if (fault === null && type.isError) fault = { from, to: Math.min(length, Math.max(to, from + 1)) };
      return fault === null;
    },
  });
  return fault;
}

/**
 * A part of the value of a string, in the text that has it as JSON: an escape is one letter of the value.
 * @param string the string with its quotes, and where it begins
 */
export function partOfString(string: string, from: number, part: { offset: number; length: number }): Range {
  const begin = skipped(string, 1, part.offset);
  const end = skipped(string, begin, part.length);
  return { from: from + begin, to: from + Math.max(end, begin) };
}

function skipped(string: string, start: number, letters: number): number {
  let at = start;
  for (let left = letters; left > 0 && at < string.length - 1; left--) {
    if (string[at] !== "\\") at++;
    else at += string[at + 1] === "u" ? 6 : 2;
  }
  return at;
}

/** The last one counts, as it does for JSON. */
function propertyOf(node: SyntaxNode, read: Read, key: string): SyntaxNode | null {
  if (node.name !== "Object") return null;
  return node.getChildren("Property").findLast((property) => keyOf(property, read) === key) ?? null;
}

function itemOf(node: SyntaxNode, index: number): SyntaxNode | null {
  return node.name === "Array" ? (valuesIn(node)[index] ?? null) : null;
}

function keyOf(property: SyntaxNode, read: Read): string | null {
  const name = property.getChild("PropertyName");
  if (name === null) return null;
  try {
    return String(JSON.parse(read(name.from, name.to)));
  } catch {
    return null;
  }
}

const VALUES = new Set(["Object", "Array", "String", "Number", "True", "False", "Null"]);

function isValue({ name }: SyntaxNode): boolean {
  return VALUES.has(name);
}

function valueIn(node: SyntaxNode): SyntaxNode | null {
  return valuesIn(node).at(-1) ?? null;
}

function valuesIn(node: SyntaxNode): SyntaxNode[] {
  const values: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) if (isValue(child)) values.push(child);
  return values;
}
