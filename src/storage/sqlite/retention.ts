import type { Database } from "bun:sqlite";
import { idFloor } from "../../ids.ts";

/** Runs that one step checks: some 5 ms of the writing thread. */
const WALKED = 200;
/** Pages that one step gives back, and free pages that are left for new rows. */
const PAGES = 200;
const SPARE_PAGES = 1000;

/** How long it rests once it has walked to the end, where workflows have days of their own: then it walks past all that are kept. */
const REST_MILLISECONDS = 60 * 60 * 1000;
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

const OWN_DAYS =
  "select uuid, options ->> 'retention' as days from workflow_definitions where options ->> 'retention' is not null";

const WALK = `select uuid, workflow_id as workflowUuid, completed_at as completedAt from workflow_runs where uuid > ? and uuid < ?
  order by uuid limit ${WALKED}`;

const DROP_LOG = "delete from run_log where run_uuid = ?";

const DROP = "delete from workflow_runs where uuid = ?";

/** See Storage.maintain. */
export interface RetentionUntil {
  before: number | null;
  now: number | null;
}

/** Whether workflows have days of their own. */
export function hasOwnDays(database: Database): boolean {
  return database.query(`${OWN_DAYS} limit 1`).get() !== null;
}

/** Drops runs in small steps, from the oldest to the youngest, then gives free pages back to the file system. Expects an open transaction. */
export class Retention {
  readonly #database: Database;
  /** The last run that was checked; empty before the first. */
  #walkedTo = "";
  #restsUntil = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Does one step. True if there is another to do now. */
  drop({ before, now }: RetentionUntil): boolean {
    const own = now === null ? new Map<string, number>() : this.#ownEnds(now);
    if (own.size > 0 && now !== null && now < this.#restsUntil) return this.#giveBack();
    const all = before ?? 0;
    const rows = this.#database
      .query<{ uuid: string; workflowUuid: string; completedAt: number | null }, [string, string]>(WALK)
      .all(this.#walkedTo, idFloor(Math.max(all, ...own.values())));
    for (const { uuid, workflowUuid, completedAt } of rows) {
      if (completedAt === null || completedAt >= Math.max(all, own.get(workflowUuid) ?? 0)) continue;
      this.#database.query(DROP_LOG).run(uuid);
      this.#database.query(DROP).run(uuid);
    }
    const last = rows.at(-1);
    this.#walkedTo = last?.uuid ?? "";
    if (last === undefined && now !== null) this.#restsUntil = now + REST_MILLISECONDS;
    return last !== undefined || this.#giveBack();
  }

  /** Until when runs have to have ended to be dropped, by the workflows that say so. */
  #ownEnds(now: number): Map<string, number> {
    const rows = this.#database.query<{ uuid: string; days: number }, []>(OWN_DAYS).all();
    return new Map(rows.map(({ uuid, days }) => [uuid, now - days * DAY_MILLISECONDS]));
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
