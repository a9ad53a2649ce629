import type { RunEvent } from "../../schemas/run-event.ts";
import type { Storage } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";
import type { RunService } from "../runs.ts";
import { EventFold } from "./fold.ts";
import type { EventStream, EventStreams } from "./streams.ts";

const DEFAULT_LIMIT = 1000;

/** Events behind one that the reader has. */
export interface EventPage {
  items: RunEvent[];
  /** The id to ask on with; null where there is nothing more now. */
  next: number | null;
}

/** What happened to runs. */
export class HistoryService {
  readonly #storage: Pick<Storage, "findHistory">;
  readonly #runs: RunService;
  readonly #streams: EventStreams;

  constructor(storage: Pick<Storage, "findHistory">, runs: RunService, streams: EventStreams) {
    this.#storage = storage;
    this.#runs = runs;
    this.#streams = streams;
  }

  /** @param after the id of the last event that the reader has; 0 for none. @throws PlatformError run_not_found */
  async page(runId: string, after: number, limit = DEFAULT_LIMIT): Promise<EventPage> {
    const run = await this.#runs.get(runId);
    const [history] = await this.#storage.findHistory([{ namespace: NAMESPACE, uuid: run.uuid, rows: 0 }]);
    const fold = new EventFold(run.uuid);
    const events = history ? fold.add(history) : [];
    // It may have ended since it was read.
    if (history?.completedAt != null)
      events.push(...fold.end(run.completedAt === null ? await this.#runs.get(runId) : run));
    const items = events.slice(after, after + limit);
    return { items, next: after + items.length < events.length ? after + items.length : null };
  }

  /** @throws PlatformError run_not_found, too_many_streams, shutting_down */
  async follow(runId: string): Promise<EventStream> {
    const { uuid } = await this.#runs.get(runId);
    return this.#streams.open({ namespace: NAMESPACE, uuid });
  }
}
