import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { PlatformError } from "../../errors.ts";
import type { RunsAsked } from "../../schemas/lists/run-query.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import type { EventPage } from "../../schemas/runs/run-event.ts";
import type { RunRecord, Storage } from "../../storage/port.ts";
import type { RunLists } from "../finding/run-lists.ts";
import { NAMESPACE } from "../namespace.ts";
import { Places } from "../places.ts";
import type { RunService } from "../runs.ts";
import { EventFold } from "./fold.ts";
import { LiveRuns, type LiveStream } from "./live-runs.ts";
import { type EventStream, EventStreams, MAX_STREAMS } from "./streams.ts";

const DEFAULT_LIMIT = 1000;

interface HistoryParts {
  storage: Pick<Storage, "findHistory">;
  runs: RunService;
  lists: Pick<RunLists, "summaries" | "withProgress">;
  /** Reads a run that may have changed. */
  find(key: RunKey): Promise<RunRecord | null>;
  clock: Clock;
  log: Logger;
}

/** What happened to runs, and what happens to them now. */
export class HistoryService {
  readonly #storage: Pick<Storage, "findHistory">;
  readonly #runs: RunService;
  readonly #places = new Places(MAX_STREAMS, "too_many_streams", 5);
  readonly #streams: EventStreams;
  readonly #live: LiveRuns;

  constructor({ storage, runs, lists, find, clock, log }: HistoryParts) {
    this.#storage = storage;
    this.#runs = runs;
    this.#streams = new EventStreams(storage, find, this.#places, clock, log);
    this.#live = new LiveRuns(lists, find, this.#places, clock, log);
  }

  /** @param after the id of the last event that the reader has; 0 for none. @throws PlatformError run_not_found */
  async page(runId: string, after: number, limit = DEFAULT_LIMIT): Promise<EventPage> {
    const key = this.#runs.keyOf(runId.toLowerCase());
    const [history] = await this.#storage.findHistory([{ ...key, rows: 0 }]);
    if (!history) throw new PlatformError("run_not_found");
    const fold = new EventFold(key.uuid);
    const events = fold.add(history);
    if (history.completedAt !== null) events.push(...fold.end(await this.#runs.get(runId)));
    const items = events.slice(after, after + limit);
    const next = after + items.length;
    return { items, next_after: next < events.length ? next : null };
  }

  /**
   * @param after the id of the last event that the reader has; 0 for none
   * @returns null where that was the last of all
   * @throws PlatformError run_not_found, too_many_streams, shutting_down
   */
  async follow(runId: string, after: number): Promise<EventStream | null> {
    const { uuid, completedAt } = await this.#runs.get(runId);
    if (after > 0 && completedAt !== null && (await this.page(runId, after, 1)).items.length === 0) return null;
    return this.#streams.open({ namespace: NAMESPACE, uuid });
  }

  /** Follows a list of runs. @throws PlatformError too_many_streams, shutting_down, workflow_not_found */
  followList(query: RunsAsked): Promise<LiveStream> {
    return this.#live.open(query);
  }

  /** Ends all streams, and begins none any more: their readers go on with another process. */
  close(): void {
    this.#places.close();
    this.#streams.close();
    this.#live.close();
  }
}
