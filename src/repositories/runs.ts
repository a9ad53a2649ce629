import type { Clock } from "../clock.ts";
import { Coalescer } from "../coalescer.ts";
import type { PageRequest } from "../schemas/page.ts";
import type { InsertedRun, NewRun, Outcome, RunRecord, Storage } from "../storage/port.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";

/** Runs, one at a time. */
export class RunRepository {
  readonly #inserts: Coalescer<NewRun, Outcome<InsertedRun>>;
  readonly #reads: SharedReads<string, RunRecord | null>;
  readonly #lists: SharedReads<PageRequest, RunRecord[]>;

  constructor(storage: Storage, clock: Clock) {
    this.#inserts = new Coalescer({
      clock,
      flush: (items) => storage.insertRuns(items),
      sizeOf: ({ payload }) => 300 + payload.length,
    });
    this.#reads = new SharedReads(
      clock,
      (uuid) => uuid,
      (uuids) => storage.findRuns(uuids),
    );
    this.#lists = new SharedReads(
      clock,
      ({ namespace, limit, order, after }) => JSON.stringify([namespace, limit, order, after]),
      (pages) => Promise.all(pages.map((page) => storage.listRuns(page))),
    );
  }

  /** Resolves when the run is stored. @throws PlatformError workflow_not_found, overloaded, storage_unavailable */
  async insert(run: NewRun): Promise<InsertedRun> {
    return unwrap(await this.#inserts.add(run));
  }

  find(uuid: string): Promise<RunRecord | null> {
    return this.#reads.get(uuid);
  }

  list(page: PageRequest): Promise<RunRecord[]> {
    return this.#lists.get(page);
  }
}
