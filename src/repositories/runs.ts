import { Coalescer } from "../batching/coalescer.ts";
import type { Cache } from "../cache/port.ts";
import type { Clock } from "../clock.ts";
import { PlatformError } from "../errors.ts";
import type { ExecuteBeforeInsert } from "../messaging/port.ts";
import type { Json } from "../schemas/json/json.ts";
import type { PageRequest } from "../schemas/lists/page.ts";
import type { RunLook } from "../schemas/lists/run-query.ts";
import { nameOfRun, type RunKey } from "../schemas/runs/run.ts";
import type { Replica } from "../storage/port/finding/replica.ts";
import type {
  AwaitedRun,
  InsertedRun,
  NewRun,
  NewSignal,
  Outcome,
  ProgressBeforeInsert,
  RunRecord,
  RunsLooked,
  SmallProgress,
  Storage,
  StoredSignal,
  Unnamed,
  VersionKey,
} from "../storage/port.ts";
import { findRuns } from "./found-runs.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";
import { ReadSource, type Source } from "./source.ts";

/** A run that was stored, and what it came to before, which was stored with it; null where it has yet to be executed. */
export interface StoredRun {
  inserted: InsertedRun;
  ended: ProgressBeforeInsert | null;
}

/** Runs, one at a time. */
export class RunRepository {
  readonly #storage: Storage;
  readonly #source: ReadSource;
  readonly #inserts: Coalescer<Unnamed<NewRun>, Outcome<StoredRun>>;
  readonly #batches: Coalescer<Unnamed<NewRun>[], Outcome<StoredRun>[]>;
  readonly #signals: Coalescer<NewSignal, Outcome<StoredSignal>>;
  readonly #reads: SharedReads<RunKey, RunRecord | null>;

  constructor(
    storage: Storage,
    cache: Cache,
    clock: Clock,
    executeBeforeInsert: ExecuteBeforeInsert,
    replica: Replica | null = null,
  ) {
    this.#storage = storage;
    const source = new ReadSource(storage, replica);
    this.#source = source;
    this.#inserts = new Coalescer({
      name: "run_inserts",
      clock,
      flushes: storage.batchesAtOnce,
      flush: (items) => store(storage, executeBeforeInsert, items),
      sizeOf: ({ payload }) => 300 + payload.length,
    });
    this.#batches = new Coalescer({
      name: "run_batches",
      clock,
      flushes: storage.batchesAtOnce,
      worthItems: 1,
      flush: async (batches) => {
        const outcomes = await store(storage, executeBeforeInsert, batches.flat());
        const next = outcomes.values();
        return batches.map((batch) => [...next.take(batch.length)]);
      },
      sizeOf: (batch) => batch.reduce((size, { payload }) => size + 300 + payload.length, 0),
    });
    this.#signals = new Coalescer({
      name: "signals",
      clock,
      flushes: storage.batchesAtOnce,
      flush: (items) => storage.putSignals(items),
      sizeOf: ({ body }) => 300 + body.length,
    });
    this.#reads = new SharedReads("run_reads", clock, storage.batchesAtOnce, nameOfRun, (keys) =>
      findRuns(storage, source, cache, keys),
    );
  }

  /** See Storage. */
  get batchesAtOnce(): number {
    return this.#storage.batchesAtOnce;
  }

  /** Resolves when the run is stored. @throws PlatformError workflow_not_found, overloaded, storage_unavailable */
  async insert(run: Unnamed<NewRun>): Promise<StoredRun> {
    return unwrap(await this.#inserts.add(run));
  }

  /** Stores runs by one insert; each has an outcome of its own. @throws PlatformError overloaded, storage_unavailable */
  insertAll(runs: Unnamed<NewRun>[]): Promise<Outcome<StoredRun>[]> {
    return this.#batches.add(runs);
  }

  /** @throws PlatformError run_not_found, run_ended, too_many_signals, overloaded, storage_unavailable */
  async putSignal(signal: NewSignal): Promise<StoredSignal> {
    const outcome = await this.#signals.add(signal);
    if (outcome.kind === "lost") throw new PlatformError("overloaded");
    return unwrap(outcome);
  }

  /** See Storage. */
  definitionsOf(versions: VersionKey[]): Promise<(string | null)[]> {
    return this.#storage.findVersions(versions);
  }

  /** The steps of a version of a workflow; null where it is gone. */
  async stepsOf(version: VersionKey): Promise<Json[] | null> {
    const [text] = await this.#storage.findVersions([version]);
    if (!text) return null;
    const { steps }: { steps: Json[] } = JSON.parse(text);
    return steps;
  }

  /** JSON array text of all entries of the log of a run, also once it is over. */
  async logOf(key: RunKey): Promise<string> {
    return (await this.#storage.findHistory([{ ...key, rows: 0 }]))[0]?.entries ?? "[]";
  }

  /** Asks for the end of runs, and lets those begin that waited for it. @throws what the storage throws */
  async cancel(runs: RunKey[]): Promise<void> {
    const requests = runs.map(({ namespace, uuid }) => ({ namespace, uuid, kind: "cancel" as const }));
    const outcomes = await this.#storage.requestControl(requests);
    // The end of one that is held is told by its holder.
    const over = runs.filter((_, index) => outcomes[index]?.kind === "ok" && outcomes[index].value !== "requested");
    if (over.length > 0) await this.#storage.takeTurns(over);
  }

  /** See Storage. */
  async awaitedBy(uuid: string): Promise<AwaitedRun[]> {
    const [found = []] = await this.#storage.findAwaited([uuid]);
    return found;
  }

  find(key: RunKey): Promise<RunRecord | null> {
    return this.#reads.get(key);
  }

  /** See ReadSource. */
  sourceOf(readAfter: string | null): Promise<Source> {
    return this.#source.ofList(readAfter);
  }

  list(page: PageRequest, source: Source): Promise<RunRecord[]> {
    return this.#source.read(source, (reads) => reads.listRuns(page));
  }

  /** See Reads. */
  look(look: RunLook, source: Source): Promise<RunsLooked> {
    return this.#source.read(source, (reads) => reads.lookForRuns(look));
  }

  /** See Reads. */
  smallProgress(keys: RunKey[], source: Source): Promise<(SmallProgress | null)[]> {
    return this.#source.read(source, (reads) => reads.findSmallProgress(keys));
  }

  /** Runs as one server has them now; null for those that it has not. */
  asStored(keys: RunKey[], source: Source): Promise<(RunRecord | null)[]> {
    return this.#source.read(source, (reads) => reads.findRuns(keys));
  }
}

/** Stores a batch, each run with its progress where it was executed before. */
async function store(
  storage: Storage,
  executeBeforeInsert: ExecuteBeforeInsert,
  runs: Unnamed<NewRun>[],
): Promise<Outcome<StoredRun>[]> {
  const executed = (await executeBeforeInsert(runs)) ?? [];
  const items = runs.map((run, index) => (executed[index] ? { ...run, progress: executed[index] } : run));
  const outcomes = await storage.insertRuns(items);
  return outcomes.map((outcome, index) => {
    if (outcome.kind !== "ok") return outcome;
    const inserted = outcome.value;
    return { kind: "ok", value: { inserted, ended: inserted.ended ? (items[index]?.progress ?? null) : null } };
  });
}
