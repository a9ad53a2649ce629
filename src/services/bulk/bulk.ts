import type { Clock } from "../../clock.ts";
import { PlatformError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { BulkKind, BulkQuery, BulkSettings } from "../../schemas/control/bulk.ts";
import type { ControlKind } from "../../schemas/control/control.ts";
import type { RunFilter, RunsAsked } from "../../schemas/lists/run-query.ts";
import { MAX_DEPTH_OF_RUNS } from "../../schemas/runs/depth.ts";
import { foreseenRefusal, withRefusals } from "../../storage/port/bulk.ts";
import type { BulkRecord, BulkRefusal, RequestKey, RunSummary, Storage } from "../../storage/port.ts";
import type { RunLists } from "../finding/run-lists.ts";
import { NAMESPACE } from "../namespace.ts";
import { type Page, readPage } from "../pages.ts";
import type { RetryService } from "../retries.ts";
import type { Beginnings } from "./beginnings.ts";
import { plannedRetry } from "./planned.ts";

/** Runs that a count looks at, and for how long, before it answers with what it has. */
const MOST_COUNTED = 10_000;
const COUNTING_MILLISECONDS = 100;
/** Of these the runs of which it is foreseen what would come; of retries for how long: each of them reads its run. */
const MOST_FORESEEN = 100;
const PLANNING_MILLISECONDS = 100;
/** Runs that one look is at. */
export const LOOKED_AT = 2000;

/** An action upon all runs that fit a query, as it was read. */
export interface BulkAsked extends Omit<BulkSettings, "filter"> {
  action: BulkKind;
  query: RunsAsked;
}

/** How many runs an action would be for. */
export interface BulkCounted {
  count: number;
  /** Whether there may be others behind those that were looked at. */
  more: boolean;
  /** Of how many of these it was foreseen what would come, the newest first, for how many of them it would be refused, and why. */
  looked: number;
  failed: number;
  errors: BulkRecord["errors"];
}

/** Runs that were looked at, and those of them for which an action would be refused. */
interface Foreseen {
  looked: number;
  refusals: BulkRefusal[];
}

/** Actions upon all runs that fit a filter. */
export class BulkService {
  readonly #storage: Pick<Storage, "bulk" | "lookForRuns" | "findStandings">;
  readonly #lists: Pick<RunLists, "filterOf">;
  readonly #beginnings: Pick<Beginnings, "check">;
  readonly #retries: Pick<RetryService, "plan">;
  readonly #clock: Clock;

  constructor(
    storage: Pick<Storage, "bulk" | "lookForRuns" | "findStandings">,
    lists: Pick<RunLists, "filterOf">,
    beginnings: Pick<Beginnings, "check">,
    retries: Pick<RetryService, "plan">,
    clock: Clock,
  ) {
    this.#storage = storage;
    this.#lists = lists;
    this.#beginnings = beginnings;
    this.#retries = retries;
    this.#clock = clock;
  }

  /**
   * How many runs fit now.
   *
   * @throws PlatformError workflow_not_found
   * @throws ValidationFailed where none of them can be acted upon so
   */
  async count({ action, query, ...said }: BulkAsked): Promise<BulkCounted> {
    const filter = await this.#lists.filterOf(query);
    await this.#beginnings.check(filter, said);
    const until = this.#clock.monotonic() + COUNTING_MILLISECONDS;
    const newest: RunSummary[] = [];
    let count = 0;
    let more = true;
    let after: string | null = null;
    for (let looked = 0; more && looked < MOST_COUNTED && this.#clock.monotonic() < until; looked += LOOKED_AT) {
      if (looked > 0) await new Promise<void>((resolve) => this.#clock.nextTurn(resolve));
      const { runs, lookedTo } = await this.#storage.lookForRuns(lookBehind(after, filter, LOOKED_AT));
      count += runs.length;
      newest.push(...runs.slice(0, MOST_FORESEEN - newest.length));
      more = lookedTo !== null;
      after = lookedTo;
    }
    const { looked, refusals } =
      action === "retry" ? await this.#plan(newest, said) : await this.#foresee(newest, action);
    return { count, more, looked, failed: refusals.length, errors: withRefusals({}, refusals) };
  }

  /** What would come of retries, of as many as can be planned in a moment. @throws PlatformError storage_unavailable, overloaded */
  async #plan(runs: RunSummary[], said: Omit<BulkAsked, "action" | "query">): Promise<Foreseen> {
    const until = this.#clock.monotonic() + PLANNING_MILLISECONDS;
    const refusals: BulkRefusal[] = [];
    let looked = 0;
    for (const { uuid } of runs) {
      if (this.#clock.monotonic() >= until) break;
      const planned = await plannedRetry(this.#retries, uuid, said, () => {});
      looked++;
      if ("refused" in planned) refusals.push(planned.refused);
    }
    return { looked, refusals };
  }

  /** What would come of requests, by one look at how their runs are. @throws PlatformError storage_unavailable, overloaded */
  async #foresee(runs: RunSummary[], kind: ControlKind): Promise<Foreseen> {
    const keys = runs.map(({ uuid }) => ({ namespace: NAMESPACE, uuid }));
    const standings = keys.length === 0 ? [] : await this.#storage.findStandings(keys);
    const refusals = runs.flatMap(({ uuid: run }, index) => {
      const code = foreseenRefusal(kind, standings[index] ?? null);
      return code === null ? [] : [{ code, run, subject: "" }];
    });
    return { looked: runs.length, refusals };
  }

  /**
   * Stores an action, which is carried out then; gives its id. It is on disk then.
   *
   * @param key of a request that may be repeated, stored with it; null without one
   * @returns null where another request had the key first: then nothing is stored
   * @throws PlatformError depth_exceeded, workflow_not_found, storage_unavailable
   * @throws ValidationFailed where none of the runs can be acted upon so
   */
  async create({ action, query, ...said }: BulkAsked, key: RequestKey | null): Promise<string | null> {
    if (action === "retry" && (said.depth ?? 0) > MAX_DEPTH_OF_RUNS) throw new PlatformError("depth_exceeded");
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
