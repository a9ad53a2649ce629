/** What came for a run, and the steps that wait for it. */
import type { InboxRow } from "../../schemas/log/inbox.ts";

/** The part of a run's state that its inbox is, and who waits for what. */
export class Inbox {
  /** The last `seq` that is known. */
  heard = 0;
  /** What was not taken, by `seq`, in the order of arrival. */
  readonly #rows = new Map<number, InboxRow>();
  /** Those of them that are ends of runs, by the attempt that started the run: a thousand attempts may wait at once. */
  readonly #ends = new Map<string, InboxRow>();
  /** The names of the signals that steps under way wait for, by path, in the order in which they began. */
  readonly #waits = new Map<string, readonly string[]>();
  /** What each of them may take; null while that is not known. */
  #given: ReadonlyMap<string, InboxRow> | null = null;

  constructor(rows: readonly InboxRow[] = []) {
    this.hear(rows);
  }

  /** Takes in what came; what is known already is left out. */
  hear(rows: readonly InboxRow[]): void {
    for (const row of rows) {
      if (row.seq <= this.heard) continue;
      this.heard = row.seq;
      this.#rows.set(row.seq, row);
      if (row.kind === "child") this.#ends.set(row.name, row);
      this.#given = null;
    }
  }

  /** A step begins to wait for one of these signals. */
  wait(path: string, names: readonly string[]): void {
    this.#waits.delete(path);
    this.#waits.set(path, names);
    this.#given = null;
  }

  /** A step waits no more. */
  leave(path: string): void {
    if (this.#waits.delete(path)) this.#given = null;
  }

  /** A row was taken, as the log says. */
  take(seq: number): void {
    const row = this.#rows.get(seq);
    if (row === undefined) return;
    this.#rows.delete(seq);
    if (row.kind === "child") this.#ends.delete(row.name);
    else this.#given = null;
  }

  /** The signal for a step: the oldest that it names, unless a step that began before it names that too. */
  givenTo(path: string): InboxRow | undefined {
    if (this.#rows.size === 0) return undefined;
    this.#given ??= this.#assign();
    return this.#given.get(path);
  }

  /** What came of the run that an attempt of a step started. */
  endOf(attempt: string): InboxRow | undefined {
    return this.#ends.get(attempt);
  }

  #assign(): ReadonlyMap<string, InboxRow> {
    const given = new Map<string, InboxRow>();
    const left = new Set([...this.#rows.values()].filter(({ kind }) => kind === "signal"));
    for (const [path, names] of this.#waits) {
      for (const row of left) {
        if (!names.includes(row.name)) continue;
        given.set(path, row);
        left.delete(row);
        break;
      }
    }
    return given;
  }
}
