import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { IdMaker, idFloor } from "../../ids.ts";
import { SETTLED_MILLISECONDS } from "../../schemas/lists/page.ts";

const NEWEST = `select max(uuid) as uuid from (
  select * from (select uuid from workflow_runs where substr(uuid, 15, 1) = '7' order by uuid desc limit 1) union all
  select * from (select uuid from workflow_definitions where substr(uuid, 15, 1) = '7' order by uuid desc limit 1))`;

/** The newest UUIDv7 of a run or workflow; null where there is none. */
export function newestId(database: Database): string | null {
  return database.query<{ uuid: string | null }, []>(NEWEST).get()?.uuid ?? null;
}

/** Gives ids to new rows, and keeps those of rows under way into the file, which no other process writes. */
export class IdsUnderWay {
  readonly #ids: IdMaker;
  /** The first, and so the smallest, id of each batch that is not answered yet, in the order in which they were made. */
  readonly #firsts = new Set<string>();
  /** Those of batches that were given up, but may still be stored. */
  readonly #lost = new Set<string>();

  constructor(clock: Clock, newest: string | null) {
    this.#ids = new IdMaker(clock, newest);
  }

  /** Gives an id to each item without one, and stores them. */
  async store<Item extends { uuid: string | null }, Result>(
    items: Item[],
    write: (named: (Omit<Item, "uuid"> & { uuid: string })[]) => Promise<Result>,
  ): Promise<Result> {
    let first: string | null = null;
    const named = items.map((item) => {
      const { uuid } = item;
      if (uuid !== null) return { ...item, uuid };
      const made = this.#ids.next();
      first ??= made;
      return { ...item, uuid: made };
    });
    if (first === null) return write(named);
    this.#firsts.add(first);
    try {
      const result = await write(named);
      this.#answered(first);
      return result;
    } catch (error) {
      this.#lost.add(first);
      throw error;
    }
  }

  /** The file is written in order: batches that were given up before are stored by now, or never will be. */
  #answered(first: string): void {
    this.#firsts.delete(first);
    for (const lost of this.#lost) {
      if (lost > first) continue;
      this.#lost.delete(lost);
      this.#firsts.delete(lost);
    }
  }

  /** The bound of an ascending list: no smaller id is stored from now on. */
  settled(): string {
    const settled = idFloor(this.#ids.now() - SETTLED_MILLISECONDS);
    const [oldest = settled] = this.#firsts;
    if (oldest < settled) return oldest;
    return settled;
  }
}
