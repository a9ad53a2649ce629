import type { Cache } from "../cache/port.ts";
import type { Clock } from "../clock.ts";
import { Coalescer } from "../coalescer.ts";
import type { PageRequest } from "../schemas/page.ts";
import type { EndedStatus, RunStatus } from "../schemas/run.ts";
import type { InsertedRun, NewRun, Outcome, RunRecord, Storage } from "../storage/port.ts";
import { readPage, readRows } from "./cached.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";

const ENDED: ReadonlySet<RunStatus> = new Set<EndedStatus>(["success", "failed", "cancelled"]);

/** Runs, one at a time. */
export class RunRepository {
  readonly #storage: Storage;
  readonly #cache: Cache;
  readonly #inserts: Coalescer<NewRun, Outcome<InsertedRun>>;
  readonly #reads: SharedReads<string, RunRecord | null>;

  constructor(storage: Storage, cache: Cache, clock: Clock) {
    this.#storage = storage;
    this.#cache = cache;
    this.#inserts = new Coalescer({
      clock,
      flushes: storage.writesAtOnce,
      flush: (items) => storage.insertRuns(items),
      sizeOf: ({ payload }) => 300 + payload.length,
    });
    const nameOf = (uuid: string) => uuid;
    this.#reads = new SharedReads(clock, nameOf, (keys) =>
      readRows({
        cache,
        kind: "run",
        keys,
        nameOf,
        query: (uuids) => storage.findRuns(uuids),
        // A run on its way would show an older status than it showed before, here or in another process.
        mayKeep: ({ status }) => ENDED.has(status),
      }),
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
    return readPage(this.#cache, "runs", page, (asked) => this.#storage.listRuns(asked));
  }
}
