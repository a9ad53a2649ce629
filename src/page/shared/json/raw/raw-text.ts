import { linesOf } from "../nodes.ts";
import type { Row } from "../rows.ts";
import { MAX_PLACES } from "../search.ts";

/** A text as it is, in rows: a long line takes several. */
export class RawText {
  readonly #text: string;
  readonly #lines: readonly string[];
  /** Where each row begins in the text. */
  readonly #starts: readonly number[];

  constructor(text: string) {
    this.#text = text;
    this.#lines = linesOf(text);
    let at = 0;
    this.#starts = this.#lines.map((line) => {
      const start = at;
      at += line.length;
      if (text[at] === "\n") at++;
      return start;
    });
  }

  get count(): number {
    return this.#lines.length;
  }

  /** Rows from a place on. */
  from(first: number, count: number): Row[] {
    const shape = { depth: 0, key: null, kind: "line", size: "", isOpen: false, canOpen: false } as const;
    return this.#lines.slice(first, first + count).map((text, index) => ({ ...shape, id: first + index, text }));
  }

  /** The rows in which a text begins, whatever its case: at most 1,000, in order. */
  find(text: string): number[] {
    if (text === "") return [];
    const rows: number[] = [];
    const pattern = new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"), "gi");
    for (const { index } of this.#text.matchAll(pattern)) {
      rows.push(this.#rowAt(index));
      if (rows.length === MAX_PLACES) break;
    }
    return rows;
  }

  #rowAt(place: number): number {
    let [low, high] = [0, this.#starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
