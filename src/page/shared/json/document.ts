import type { Key } from "./nodes.ts";
import { pathText, placeholderOf } from "./placeholder.ts";
import { RawText } from "./raw/raw-text.ts";
import { JsonRows, type Row } from "./rows.ts";
import { placesOf } from "./search.ts";

/** What is copied of a row. */
export type Copied = "value" | "path" | "placeholder";

export interface RowsShown {
  /** Of all of the value, as far as it is open. */
  count: number;
  rows: Row[];
}

/** A JSON text that is looked at, wherever that is done. */
export class JsonDocument {
  readonly #value: unknown;
  readonly #text: string;
  readonly #rows: JsonRows;
  #raw: RawText | null = null;
  #isRaw = false;
  #places: Key[][] = [];
  #rawPlaces: number[] = [];

  /** @param text JSON; any other text is shown as it is */
  constructor(text: string) {
    this.#text = text;
    this.#value = parsed(text);
    this.#rows = new JsonRows(this.#value);
  }

  /** Shows the text as it is, or the value of it again. @param text another one of the same value; null for its own */
  raw(isOn: boolean, text: string | null): void {
    this.#isRaw = isOn;
    if (isOn) this.#raw ??= new RawText(text ?? this.#text);
  }

  rows(first: number, count: number): RowsShown {
    if (this.#isRaw && this.#raw !== null) return { count: this.#raw.count, rows: this.#raw.from(first, count) };
    return { count: this.#rows.count, rows: this.#rows.from(first, count) };
  }

  toggle(id: number): void {
    this.#rows.toggle(id);
  }

  /** In how many places a text is; `reveal` goes to one of them. */
  find(text: string): number {
    if (this.#isRaw && this.#raw !== null) {
      this.#rawPlaces = this.#raw.find(text);
      return this.#rawPlaces.length;
    }
    this.#places = placesOf(text, this.#value);
    return this.#places.length;
  }

  /** Opens what is around a place that was found, and gives its row; -1 where there is none. */
  reveal(place: number): number {
    if (this.#isRaw) return this.#rawPlaces[place] ?? -1;
    const path = this.#places[place];
    return path === undefined ? -1 : this.#rows.reveal(path);
  }

  /** @param name what definitions call the whole value */
  copied(id: number, what: Copied, name: string): string {
    const path = this.#rows.pathOf(id);
    if (what === "placeholder") return placeholderOf(name, path);
    if (what === "path") return pathText(path);
    const value = this.#rows.valueOf(id);
    return typeof value === "string" ? value : JSON.stringify(value, null, 2);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
