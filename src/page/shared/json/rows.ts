/**
 * A JSON value as rows, of which those of closed parts are not made. Long lists and objects are folded in hundreds, and long
 * texts in lines, so that finding, opening and closing a row takes a time that does not grow with the value.
 */
import {
  heldBy,
  type Key,
  type Kind,
  leadsTo,
  type Part,
  partOf,
  partsWithin,
  sizeOf,
  sizeText,
  textOf,
} from "./nodes.ts";

export interface Row {
  id: number;
  depth: number;
  /** Null where none stands before the value. */
  key: string | null;
  kind: Kind;
  /** The value, or the begin of it. */
  text: string;
  /** How much is in it, of what can be opened, or is empty. */
  size: string;
  isOpen: boolean;
  canOpen: boolean;
}

interface Node {
  part: Part;
  id: number;
  parent: Node | null;
  depth: number;
  size: number;
  isOpen: boolean;
  children: Node[] | null;
  /** Rows that it takes, its own included. */
  rows: number;
}

/** Levels that are open at first. */
const OPEN_DEPTH = 2;

export class JsonRows {
  readonly #nodes: Node[] = [];
  readonly #root: Node;

  constructor(value: unknown) {
    this.#root = this.#node(null, partOf(value, null, []));
    this.#openTo(this.#root, OPEN_DEPTH);
  }

  get count(): number {
    return this.#root.rows;
  }

  /** Rows from a place on. */
  from(first: number, count: number): Row[] {
    const rows: Row[] = [];
    const end = Math.min(this.count, first + count);
    for (let at = Math.max(0, first); at < end; at++) rows.push(rowOf(this.#at(at)));
    return rows;
  }

  /** Opens a row that is closed, and closes one that is open. */
  toggle(id: number): void {
    const node = this.#nodes[id];
    if (node !== undefined && node.size > 0) this.#setOpen(node, !node.isOpen);
  }

  /** Opens what is around a place, and gives its row; -1 where there is none. */
  reveal(path: readonly Key[]): number {
    let node = this.#root;
    while (node.part.path.length < path.length || node.part.kind === "range") {
      if (node.size > 0) this.#setOpen(node, true);
      const next = node.children?.find(({ part }) => leadsTo(part, path));
      if (next === undefined) return -1;
      node = next;
    }
    return rowNumberOf(node);
  }

  /** The way to a row from the whole value. */
  pathOf(id: number): readonly Key[] {
    return this.#nodes[id]?.part.path ?? [];
  }

  /** What a row stands for, whole. */
  valueOf(id: number): unknown {
    const node = this.#nodes[id];
    return node === undefined ? undefined : heldBy(node.part);
  }

  #at(row: number): Node {
    let node = this.#root;
    for (let left = row; left > 0; ) {
      left--;
      const next = node.children?.find((child) => {
        if (left < child.rows) return true;
        left -= child.rows;
        return false;
      });
      if (next === undefined) break;
      node = next;
    }
    return node;
  }

  #openTo(node: Node, depth: number): void {
    if (depth === 0 || node.size === 0 || node.part.kind === "text" || node.part.kind === "range") return;
    this.#setOpen(node, true);
    for (const child of node.children ?? []) this.#openTo(child, depth - 1);
  }

  #setOpen(node: Node, isOpen: boolean): void {
    if (node.isOpen === isOpen) return;
    node.children ??= partsWithin(node.part).map((part) => this.#node(node, part));
    const within = node.children.reduce((sum, { rows }) => sum + rows, 0);
    node.isOpen = isOpen;
    for (let at: Node | null = node; at !== null; at = at.parent) {
      at.rows += isOpen ? within : -within;
      if (at.parent?.isOpen === false) break;
    }
  }

  #node(parent: Node | null, part: Part): Node {
    const depth = parent === null ? 0 : parent.depth + 1;
    const id = this.#nodes.length;
    const node = { id, parent, part, depth, size: sizeOf(part), isOpen: false, children: null, rows: 1 };
    this.#nodes.push(node);
    return node;
  }
}

function rowNumberOf(node: Node): number {
  let row = 0;
  for (let at = node; at.parent !== null; at = at.parent) {
    row++;
    for (const sibling of at.parent.children ?? []) {
      if (sibling === at) break;
      row += sibling.rows;
    }
  }
  return row;
}

function rowOf({ id, depth, part, size, isOpen }: Node): Row {
  const { key, kind } = part;
  return { id, depth, key, kind, text: textOf(part), size: sizeText(part, size), isOpen, canOpen: size > 0 };
}
