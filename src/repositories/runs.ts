import type { Clock } from "../clock.ts";
import { Coalescer } from "../coalescer.ts";
import type { PageRequest } from "../schemas/page.ts";
import type { InsertedRun, NewRun, Outcome, RunRecord, Storage } from "../storage/port.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";

/** Runs, one at a time. */
export class RunRepository {
  readonly #storage: Storage;
  readonly #inserts: Coalescer<NewRun, Outcome<InsertedRun>>;
  readonly #reads: SharedReads<string, RunRecord | null>;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
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
  }

  /** Resolves when the run is stored. @throws PlatformError workflow_not_found, overloaded, storage_unavailable */
  async insert(run: NewRun): Promise<InsertedRun> {
    return unwrap(await this.#inserts.add(run));
  }

  find(uuid: string): Promise<RunRecord | null> {
    return this.#reads.get(uuid);
  }

  list(page: PageRequest): Promise<RunRecord[]> {
    return this.#storage.listRuns(page);
  }
}
