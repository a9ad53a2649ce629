import { signal } from "@preact/signals";
import { reveal } from "../virtual-list/reveal.ts";
import type { Copied, RowsShown } from "./document.ts";
import { type NumberedRow, ROW_HEIGHT } from "./json-row.tsx";
import { type JsonSource, sourceOf } from "./source.ts";

/** Rows beyond what is in view, so that scrolling finds them there. */
const BEYOND = 12;
/** And never more in the document. */
const MAX_ROWS = 100;

/** What is looked at of a JSON text. */
export class JsonView {
  readonly shown = signal<{ count: number; rows: NumberedRow[] }>({ count: 0, rows: [] });
  /** The number of the row where the keyboard is. */
  readonly active = signal(0);
  /** What is looked for, in how many places it is, and which of them is shown; null while nothing is. */
  readonly found = signal<{ count: number; place: number } | null>(null);
  /** Whether the text is shown as it is, and not what it says. */
  readonly isRaw = signal(false);
  readonly #source: JsonSource;
  readonly #sizes = new ResizeObserver(() => this.read());
  /** What was looked for last, before it is shown. */
  #found = { count: 0, place: -1 };
  #sought = "";
  #element: HTMLElement | null = null;
  #readings = 0;
  #last: Promise<void> = Promise.resolve();

  readonly #text: string;
  readonly #readSent: () => Promise<string>;
  #sent: Promise<string> | null = null;

  /** @param readSent gives the text as the platform sent it, or `text` where there is none */
  constructor(text: string, readSent: () => Promise<string>) {
    this.#text = text;
    this.#readSent = readSent;
    this.#source = sourceOf(text);
  }

  /** The text as the platform sent it, which is read once. @throws as the client does */
  async sent(): Promise<string> {
    this.#sent ??= this.#readSent();
    try {
      return await this.#sent;
    } catch (error) {
      // Whoever asks again has it read again.
      this.#sent = null;
      throw error;
    }
  }

  /** Where its rows are shown: as many as that has room for. */
  isIn(element: HTMLElement | null): void {
    if (element === this.#element) return;
    this.#sizes.disconnect();
    this.#element = element;
    if (element !== null) this.#sizes.observe(element);
  }

  /** Reads the rows in view, and shows them; of several at once the last one, for which the others wait. */
  read(): Promise<void> {
    this.#last = this.#readRows();
    return this.#last;
  }

  close(): void {
    this.#sizes.disconnect();
    this.#source.close();
  }

  async toggle({ id, number }: NumberedRow): Promise<void> {
    this.active.value = number;
    await this.#source.toggle(id);
    await this.read();
  }

  /** @throws as the client does, where the text is to be read first */
  async showRaw(isOn: boolean): Promise<void> {
    const sent = isOn ? await this.sent() : null;
    await this.#source.raw(isOn, sent === this.#text ? null : sent);
    this.isRaw.value = isOn;
    this.active.value = 0;
    this.#element?.scrollTo(0, 0);
    await this.read();
    await this.find(this.#sought);
  }

  /** Of a row that was clicked: rows come and go, so that the keys stay with what is around them. */
  choose(number: number): void {
    this.walk(number);
    this.#element?.focus({ preventScroll: true });
  }

  /** Makes a row the one where the keyboard is, and brings it into view. */
  walk(number: number): void {
    this.active.value = Math.min(Math.max(0, number), this.shown.value.count - 1);
    const element = this.#element;
    if (element === null) return;
    const top = this.active.value * ROW_HEIGHT;
    reveal(element, top, top + ROW_HEIGHT);
  }

  /** Whether the key means something here. */
  press(key: string): boolean {
    const row = this.#row;
    const page = Math.max(1, Math.floor((this.#element?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[key];
    if (step !== undefined) this.walk(this.active.value + step);
    else if (key === "Home") this.walk(0);
    else if (key === "End") this.walk(this.shown.value.count - 1);
    else if (key === "Enter" || key === " ") this.#press(row, true);
    else if (key === "ArrowRight") this.#press(row, row?.isOpen === false);
    else if (key === "ArrowLeft") this.#press(row, row?.isOpen === true);
    else return false;
    return true;
  }

  async find(text: string): Promise<void> {
    this.#sought = text;
    const search = { count: 0, place: -1 };
    this.#found = search;
    if (text === "") {
      this.found.value = null;
      return;
    }
    const count = await this.#source.find(text);
    if (this.#found !== search) return;
    this.#found = { count, place: -1 };
    if (count === 0) this.found.value = this.#found;
    else await this.go(1);
  }

  /** Goes on by so many places that were found, round and round. */
  async go(by: number): Promise<void> {
    const { count } = this.#found;
    if (count === 0) return;
    const found = { count, place: (this.#found.place + by + count) % count };
    this.#found = found;
    const row = await this.#source.reveal(found.place);
    await this.read();
    // Not before all rows have their place: one can't scroll further than that.
    await new Promise(requestAnimationFrame);
    this.walk(row);
    await this.read();
    // Said once it is chosen: who copies then copies of this place.
    if (this.#found === found) this.found.value = found;
  }

  /** What is copied of the row where the keyboard is. */
  async copied(what: Copied, name: string): Promise<string> {
    return this.#source.copied(this.#row?.id ?? 0, what, name);
  }

  async #readRows(): Promise<void> {
    const [top, height] = [this.#element?.scrollTop ?? 0, this.#element?.clientHeight ?? 0];
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - BEYOND);
    const reading = ++this.#readings;
    const wanted = Math.min(MAX_ROWS, Math.ceil(height / ROW_HEIGHT) + 2 * BEYOND);
    const { count, rows } = await this.#source.rows(first, wanted);
    if (reading === this.#readings) this.shown.value = numbered(count, rows, first);
    else await this.#last;
  }

  get #row(): NumberedRow | undefined {
    return this.shown.value.rows.find(({ number }) => number === this.active.value);
  }

  #press(row: NumberedRow | undefined, toggles: boolean): void {
    if (row?.canOpen && toggles) this.toggle(row);
  }
}

function numbered(count: number, rows: RowsShown["rows"], first: number) {
  return { count, rows: rows.map((row, index) => ({ ...row, number: first + index })) };
}
