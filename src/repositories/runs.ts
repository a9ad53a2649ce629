import type { Cache } from "../cache/port.ts";
import type { Clock } from "../clock.ts";
import { Coalescer } from "../coalescer.ts";
import type { PageRequest } from "../schemas/page.ts";
import type { EndedStatus, RunStatus } from "../schemas/run.ts";
import type { EndedRun, InsertedRun, NewRun, Outcome, RunRecord, Storage } from "../storage/port.ts";
import { readPage, readRows } from "./cached.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";

const ENDED: ReadonlySet<RunStatus> = new Set<EndedStatus>(["success", "failed", "cancelled"]);

/** Executes runs that are about to be stored; null for those that go the usual way, or at once where all of them do. */
export type ExecuteAhead = (runs: NewRun[]) => Promise<(EndedRun | null)[]> | null;

/** A run that was stored, and what it was stored as having come to. */
export interface StoredRun {
  inserted: InsertedRun;
  ended: EndedRun | null;
}

/** Runs, one at a time. */
export class RunRepository {
  readonly #storage: Storage;
  readonly #cache: Cache;
  readonly #inserts: Coalescer<NewRun, Outcome<StoredRun>>;
  readonly #reads: SharedReads<string, RunRecord | null>;

  constructor(storage: Storage, cache: Cache, clock: Clock, executeAhead: ExecuteAhead) {
    this.#storage = storage;
    this.#cache = cache;
    this.#inserts = new Coalescer({
      clock,
      flushes: storage.writesAtOnce,
      flush: (items) => store(storage, items, executeAhead(items)),
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
  async insert(run: NewRun): Promise<StoredRun> {
    return unwrap(await this.#inserts.add(run));
  }

  find(uuid: string): Promise<RunRecord | null> {
    return this.#reads.get(uuid);
  }

  list(page: PageRequest): Promise<RunRecord[]> {
    return readPage(this.#cache, "runs", page, (asked) => this.#storage.listRuns(asked));
  }
}

/** Stores a batch, each run as what it came to where it was executed ahead. */
async function store(
  storage: Storage,
  runs: NewRun[],
  executing: Promise<(EndedRun | null)[]> | null,
): Promise<Outcome<StoredRun>[]> {
  const ended = executing === null ? [] : await executing;
  const items = runs.map((run, index) => (ended[index] ? { ...run, ended: ended[index] } : run));
  const outcomes = await storage.insertRuns(items);
  return outcomes.map((outcome, index) =>
    outcome.kind === "ok" ? { kind: "ok", value: { inserted: outcome.value, ended: ended[index] ?? null } } : outcome,
  );
}
