import type { Database } from "bun:sqlite";
import { idFloor } from "../../ids.ts";

/** Runs that one step checks: some 5 ms of the writing thread. */
const WALKED = 200;
/** Pages that one step gives back, and free pages that are left for new rows. */
const PAGES = 200;
const SPARE_PAGES = 1000;

const WALK = `select uuid, completed_at as completedAt from workflow_runs where uuid > ? and uuid < ? order by uuid limit ${WALKED}`;

const DROP_LOG = "delete from run_log where run_uuid = ?";

const DROP = "delete from workflow_runs where uuid = ?";

/** Drops runs in small steps, from the oldest to the youngest, then gives free pages back to the file system. Expects an open transaction. */
export class Retention {
  readonly #database: Database;
  /** The last run that was checked; empty before the first. */
  #walkedTo = "";

  constructor(database: Database) {
    this.#database = database;
  }

  /** Does one step. True if there is another to do now. */
  drop(before: number): boolean {
    const rows = this.#database
      .query<{ uuid: string; completedAt: number | null }, [string, string]>(WALK)
      .all(this.#walkedTo, idFloor(before));
    for (const { uuid, completedAt } of rows) {
      if (completedAt === null || completedAt >= before) continue;
      this.#database.query(DROP_LOG).run(uuid);
      this.#database.query(DROP).run(uuid);
    }
    const last = rows.at(-1);
    this.#walkedTo = last?.uuid ?? "";
    return last !== undefined || this.#giveBack();
  }

  #giveBack(): boolean {
    const free =
      this.#database.query<{ freelist_count: number }, []>("pragma freelist_count").get()?.freelist_count ?? 0;
    if (free <= SPARE_PAGES) return false;
    // Each step of the statement frees one page, so it is read to its end.
    this.#database.query(`pragma incremental_vacuum(${PAGES})`).all();
    return true;
  }
}
