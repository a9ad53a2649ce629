import { replicaReads } from "../metrics/table.ts";
import type { Replica } from "../storage/port/finding/replica.ts";
import type { Reads } from "../storage/port.ts";

const answered = replicaReads.of({ outcome: "answered" });
const behind = replicaReads.of({ outcome: "behind" });
const failed = replicaReads.of({ outcome: "failed" });

/** The server that a read goes to. */
export type Source = "primary" | "replica";

/** Chooses between the primary and its replica, if it has one, before reads become batches: no read waits for a neighbour's position. */
export class ReadSource {
  readonly #primary: Reads;
  readonly #replica: Replica | null;

  constructor(primary: Reads, replica: Replica | null) {
    this.#primary = primary;
    this.#replica = replica;
  }

  /** For a list: one whose reader names no position may be three seconds old. */
  async ofList(readAfter: string | null): Promise<Source> {
    if (this.#replica === null) return "primary";
    return this.#counted(readAfter === null ? this.#replica.isNear() : await this.#replica.reaches(readAfter));
  }

  /** For a row that may change: without a position the primary alone knows what was answered before. */
  async ofRow(readAfter: string | null): Promise<Source> {
    if (this.#replica === null || readAfter === null) return "primary";
    return this.#counted(await this.#replica.reaches(readAfter));
  }

  /** Where the replica fails the primary is asked. */
  async read<Rows extends object>(source: Source, read: (reads: Reads) => Promise<Rows>): Promise<Rows> {
    const rows = source === "replica" ? await this.#copied(read) : null;
    // Awaited here: a promise that is rejected already and only returned would count as one that nobody handles.
    return rows ?? (await read(this.#primary));
  }

  /** What the replica says now, however old; null where there is none, or it is out or far behind. */
  async copied<Rows extends object>(read: (reads: Reads) => Promise<Rows>): Promise<Rows | null> {
    return this.#replica !== null && this.#counted(this.#replica.isNear()) === "replica" ? this.#copied(read) : null;
  }

  async #copied<Rows extends object>(read: (reads: Reads) => Promise<Rows>): Promise<Rows | null> {
    if (this.#replica === null) return null;
    try {
      const rows = await read(this.#replica.reads);
      answered.add();
      return rows;
    } catch {
      failed.add();
      return null;
    }
  }

  #counted(isThere: boolean): Source {
    if (!isThere) behind.add();
    return isThere ? "replica" : "primary";
  }
}
