import type { InboxRow } from "../../src/schemas/log/inbox.ts";

/** The inbox of a held run: what came, and how much of it the thread that has its state was handed. */
export class HeldInbox {
  /** The last `seq` that the steps of the run know of. */
  heard = 0;
  readonly #rows: InboxRow[];
  /** The last `seq` that is known here. */
  #known: number;
  /** How many of the rows the thread has. */
  #handed = 0;

  constructor(rows: readonly InboxRow[]) {
    this.#rows = [...rows];
    this.#known = rows.at(-1)?.seq ?? 0;
  }

  get known(): number {
    return this.#known;
  }

  add(rows: readonly InboxRow[]): void {
    const more = rows.filter(({ seq }) => seq > this.#known);
    this.#rows.push(...more);
    this.#known = more.at(-1)?.seq ?? this.#known;
  }

  /** The rows that the thread does not have; it has them from now on. */
  hand(): InboxRow[] {
    const rows = this.#rows.slice(this.#handed);
    this.#handed = this.#rows.length;
    return rows;
  }

  /** The thread's state is gone. */
  loseState(): void {
    this.#handed = 0;
  }

  heardBy(seq = 0): void {
    this.heard = Math.max(this.heard, seq);
  }
}
