import type { Clock } from "../../clock.ts";
import { PlatformError, ValidationFailed } from "../../errors.ts";
import { isUuid } from "../../ids.ts";
import type { RunRepository } from "../../repositories/runs.ts";
import type { WorkflowRepository } from "../../repositories/workflows.ts";
import type { Order } from "../../schemas/lists/page.ts";
import { DEFAULT_LIMIT } from "../../schemas/lists/page-query.ts";
import type { RunFilter, RunsAsked, WaitingQuery } from "../../schemas/lists/run-query.ts";
import type { RunRecord, RunSummary } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";
import type { RunRow } from "./row-progress.ts";
import { type FoundRuns, type PageOfRuns, type Place, RunFinder, type WaitingRun } from "./run-finder.ts";

/** A page of runs that fit a query, with the cursors of its neighbours; null where there is none. */
export interface PageOfFound<Run> {
  items: Run[];
  nextCursor: string | null;
  prevCursor: string | null;
  limit: number;
  /** See FoundRuns. */
  lookedTo: string | null;
}

/** Lists of runs that fit a query. */
export class RunLists {
  readonly #finder: RunFinder;
  readonly #workflows: Pick<WorkflowRepository, "find">;

  constructor(runs: RunRepository, workflows: Pick<WorkflowRepository, "find">, clock: Clock) {
    this.#finder = new RunFinder(runs, clock);
    this.#workflows = workflows;
  }

  /**
   * Without what can be large.
   *
   * @param readAfter see PageReader
   * @throws ValidationFailed where the cursor is that of another query
   * @throws PlatformError workflow_not_found where no workflow has the id that is named
   */
  async summaries(query: RunsAsked, readAfter: string | null): Promise<PageOfFound<RunSummary>> {
    const page = await this.#pageOf(query);
    return withCursors(page, await this.#finder.summaries(page, readAfter));
  }

  /** Likewise, with how far the runs are. */
  async rows(query: RunsAsked, readAfter: string | null): Promise<PageOfFound<RunRow>> {
    const page = await this.#pageOf(query);
    return withCursors(page, await this.#finder.rows(page, readAfter));
  }

  /** Likewise, whole runs. */
  async full(query: RunsAsked, readAfter: string | null): Promise<PageOfFound<RunRecord>> {
    const page = await this.#pageOf(query);
    return withCursors(page, await this.#finder.full(page, readAfter));
  }

  /** Runs with steps that wait for a signal, oldest first. A page may have fewer than there are. */
  async waiting({ limit = DEFAULT_LIMIT, cursor, workflow }: WaitingQuery, readAfter: string | null) {
    const asked = { status: ["running" as const, "paused" as const], ...(workflow !== undefined && { workflow }) };
    const filter: RunFilter = { ...(await this.filterOf(asked)), hasWaited: true };
    const place = cursor === undefined ? { uuid: null, isBefore: false } : placeOf(cursor, "asc", filter);
    const page = { filter, order: "asc" as const, limit, ...place };
    return withCursors<WaitingRun>(page, await this.#finder.waiting(page, readAfter));
  }

  /** How far runs are now. */
  withProgress(runs: RunSummary[]): Promise<RunRow[]> {
    return this.#finder.withProgress(runs);
  }

  async #pageOf(query: RunsAsked): Promise<PageOfRuns> {
    const { limit = DEFAULT_LIMIT, order = "desc", cursor } = query;
    const filter = await this.filterOf(query);
    const place = cursor === undefined ? { uuid: null, isBefore: false } : placeOf(cursor, order, filter);
    return { filter, order, limit, ...place };
  }

  /** Which runs a query asks for. @throws PlatformError workflow_not_found where no workflow has the id that is named */
  async filterOf(query: RunsAsked): Promise<RunFilter> {
    const {
      status,
      uuid,
      workflow,
      version,
      tag,
      parent_run_id,
      root_run_id,
      retry_of,
      created_from,
      created_to,
      error,
    } = query;
    return {
      ...(status !== undefined && { statuses: [...new Set(status)].sort() }),
      ...(uuid !== undefined && { uuids: [...new Set(uuid.map((one) => one.toLowerCase()))].sort() }),
      ...(workflow !== undefined && { workflowUuid: await this.#uuidOf(workflow) }),
      ...(version !== undefined && { version }),
      ...(tag !== undefined && { tag }),
      ...(parent_run_id !== undefined && { parentRunId: parent_run_id.toLowerCase() }),
      ...(root_run_id !== undefined && { rootRunId: root_run_id.toLowerCase() }),
      ...(retry_of !== undefined && { retryOf: retry_of.toLowerCase() }),
      ...(created_from !== undefined && { createdFrom: created_from }),
      ...(created_to !== undefined && { createdTo: created_to }),
      ...(error !== undefined && { error }),
    };
  }

  /** The runs of a workflow that was deleted are found by its uuid. */
  async #uuidOf(reference: string): Promise<string> {
    const found = await this.#workflows.find({ namespace: NAMESPACE, reference, version: null });
    if (found !== null) return found.uuid;
    if (isUuid(reference)) return reference.toLowerCase();
    throw new PlatformError("workflow_not_found", reference);
  }
}

function withCursors<Run>({ filter, order, limit }: PageOfRuns, found: FoundRuns<Run>): PageOfFound<Run> {
  const cursorOf = (place: Place | null) => (place === null ? null : writeCursor(place, order, filter));
  return {
    items: found.runs,
    nextCursor: cursorOf(found.next),
    prevCursor: cursorOf(found.previous),
    limit,
    lookedTo: found.lookedTo,
  };
}

/** A cursor says which query it belongs to. */
function writeCursor({ uuid, isBefore }: Place, order: Order, filter: RunFilter): string {
  const query = new Bun.CryptoHasher("sha256").update(JSON.stringify(filter)).digest("base64url").slice(0, 12);
  return Buffer.from(`runs ${order} ${isBefore ? "before" : "after"} ${uuid} ${query}`).toString("base64url");
}

function placeOf(cursor: string, order: Order, filter: RunFilter): Place {
  const [, , side, uuid = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  const place = { uuid, isBefore: side === "before" };
  if (!isUuid(uuid) || writeCursor(place, order, filter) !== cursor) {
    const msg = "Input should be the next_cursor or prev_cursor of a page of this list with these filters";
    throw new ValidationFailed([{ loc: ["query", "cursor"], msg, type: "value_error" }]);
  }
  return place;
}
