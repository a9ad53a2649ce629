import type { Clock } from "../../clock.ts";
import { PlatformError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { BulkKind, BulkQuery, BulkSettings } from "../../schemas/bulk.ts";
import type { RunFilter, RunsAsked } from "../../schemas/run-query.ts";
import type { BulkRecord, RequestKey, Storage } from "../../storage/port.ts";
import type { RunLists } from "../finding/run-lists.ts";
import { NAMESPACE } from "../namespace.ts";
import { type Page, readPage } from "../pages.ts";
import type { Beginnings } from "./beginnings.ts";

/** Runs that a count looks at, and for how long, before it answers with what it has. */
const MOST_COUNTED = 10_000;
const COUNTING_MILLISECONDS = 100;
/** Runs that one look is at. */
export const LOOKED_AT = 2000;

/** An action upon all runs that fit a query, as it was read. */
export interface BulkAsked extends Omit<BulkSettings, "filter"> {
  action: BulkKind;
  query: RunsAsked;
}

/** Actions upon all runs that fit a filter. */
export class BulkService {
  readonly #storage: Pick<Storage, "bulk" | "lookForRuns">;
  readonly #lists: Pick<RunLists, "filterOf">;
  readonly #beginnings: Beginnings;
  readonly #clock: Clock;

  constructor(
    storage: Pick<Storage, "bulk" | "lookForRuns">,
    lists: Pick<RunLists, "filterOf">,
    beginnings: Beginnings,
    clock: Clock,
  ) {
    this.#storage = storage;
    this.#lists = lists;
    this.#beginnings = beginnings;
    this.#clock = clock;
  }

  /**
   * How many runs fit now; `more` where there may be others behind those that were looked at.
   *
   * @throws PlatformError workflow_not_found
   * @throws ValidationFailed where none of them can be acted upon so
   */
  async count({ query, ...said }: BulkAsked): Promise<{ count: number; more: boolean }> {
    const filter = await this.#lists.filterOf(query);
    await this.#beginnings.check(filter, said);
    const until = this.#clock.monotonic() + COUNTING_MILLISECONDS;
    let count = 0;
    let after: string | null = null;
    for (let looked = 0; looked < MOST_COUNTED && this.#clock.monotonic() < until; looked += LOOKED_AT) {
      if (looked > 0) await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
      const { runs, lookedTo } = await this.#storage.lookForRuns(lookBehind(after, filter, LOOKED_AT));
      count += runs.length;
      if (lookedTo === null) return { count, more: false };
      after = lookedTo;
    }
    return { count, more: true };
  }

  /**
   * Stores an action, which is carried out then; gives its id. It is on disk then.
   *
   * @param key of a request that may be repeated, stored with it; null without one
   * @returns null where another request had the key first: then nothing is stored
   * @throws PlatformError workflow_not_found, storage_unavailable
   * @throws ValidationFailed where none of the runs can be acted upon so
   */
  async create({ action, query, ...said }: BulkAsked, key: RequestKey | null): Promise<string | null> {
    const filter = await this.#lists.filterOf(query);
    await this.#beginnings.check(filter, said);
    const uuid = newId(this.#clock.now());
    const bulk = { uuid, namespace: NAMESPACE, action, settings: { filter, ...said } };
    const isStored = await this.#storage.bulk.insert({ ...bulk, ...(key !== null && { requestKey: key }) });
    return isStored ? uuid : null;
  }

  /** Newest first. @throws ValidationFailed where the cursor is another list's */
  list(query: BulkQuery): Promise<Page<BulkRecord>> {
    return readPage("bulk", query, NAMESPACE, (page) => this.#storage.bulk.list(page));
  }

  /** @throws PlatformError bulk_not_found */
  async find(id: string): Promise<BulkRecord> {
    const found = await this.#storage.bulk.find({ namespace: NAMESPACE, uuid: id.toLowerCase() });
    if (found === null) throw new PlatformError("bulk_not_found");
    return found;
  }

  /** Nothing more is done to runs then; one that is over stays as it is. @throws PlatformError bulk_not_found */
  async stop(id: string): Promise<BulkRecord> {
    const outcome = await this.#storage.bulk.stop({ namespace: NAMESPACE, uuid: id.toLowerCase() });
    if (outcome.kind !== "ok") throw new PlatformError("bulk_not_found");
    return outcome.value;
  }
}

/** A look at the runs behind one, from the newest to the oldest: what comes meanwhile is not among them. */
export function lookBehind(after: string | null, filter: RunFilter, limit: number) {
  return { namespace: NAMESPACE, filter, order: "desc" as const, after, limit, most: LOOKED_AT };
}
