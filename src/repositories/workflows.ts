import { Coalescer } from "../batching/coalescer.ts";
import type { Clock } from "../clock.ts";
import type { PageRequest } from "../schemas/lists/page.ts";
import type { Replica } from "../storage/port/finding/replica.ts";
import type {
  ChangedWorkflow,
  DeletedWorkflow,
  FoundVersions,
  NewWorkflow,
  Outcome,
  Storage,
  Unnamed,
  VersionKey,
  VersionsLookup,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
  WorkflowRecord,
} from "../storage/port.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";
import { ReadSource, type Source } from "./source.ts";

/** Workflow definitions, one at a time. */
export class WorkflowRepository {
  readonly #storage: Storage;
  readonly #inserts: Coalescer<Unnamed<NewWorkflow>, Outcome<string>>;
  readonly #source: ReadSource;
  readonly #reads: Record<Source, SharedReads<WorkflowLookup, WorkflowRecord | null>>;

  constructor(storage: Storage, clock: Clock, replica: Replica | null = null) {
    this.#storage = storage;
    this.#source = new ReadSource(storage, replica);
    this.#inserts = new Coalescer({
      name: "workflow_inserts",
      clock,
      flushes: storage.batchesAtOnce,
      flush: (items) => storage.insertWorkflows(items),
      sizeOf: ({ steps, options, name }) => 300 + steps.length + (options?.text.length ?? 0) + name.length,
    });
    const readsOf = (source: Source) =>
      new SharedReads<WorkflowLookup, WorkflowRecord | null>(
        "workflow_reads",
        clock,
        storage.batchesAtOnce,
        ({ namespace, reference, version }) => JSON.stringify([namespace, reference, version]),
        (lookups) => this.#source.read(source, (reads) => reads.findWorkflows(lookups)),
      );
    this.#reads = { primary: readsOf("primary"), replica: readsOf("replica") };
  }

  /** See Storage. */
  get batchesAtOnce(): number {
    return this.#storage.batchesAtOnce;
  }

  /** Its uuid. */
  async insert(item: Unnamed<NewWorkflow>): Promise<string> {
    return unwrap(await this.#inserts.add(item));
  }

  /** @throws PlatformError workflow_not_found, version_conflict */
  async update(change: WorkflowChange): Promise<ChangedWorkflow> {
    return unwrap((await this.#storage.updateWorkflows([change]))[0]);
  }

  /** @throws PlatformError workflow_not_found */
  async delete(key: WorkflowKey): Promise<{ uuid: string }> {
    return unwrap((await this.#storage.deleteWorkflows([key]))[0]);
  }

  /** @throws PlatformError workflow_not_found */
  async undelete(key: DeletedWorkflow): Promise<{ uuid: string; version: number }> {
    return unwrap((await this.#storage.undeleteWorkflows([key]))[0]);
  }

  /** Null where there is no such workflow. */
  async versions(lookup: VersionsLookup, readAfter: string | null): Promise<FoundVersions | null> {
    const source = await this.#source.ofRow(readAfter);
    const [found = null] = await this.#source.read(source, async (reads) => [await reads.listVersions(lookup)]);
    return found;
  }

  /** From the database each time: any process may have changed it. */
  async find(lookup: WorkflowLookup, readAfter: string | null = null): Promise<WorkflowRecord | null> {
    return this.#reads[await this.#source.ofRow(readAfter)].get(lookup);
  }

  /** The JSON text of a version, a Definition; null where there is none. */
  async definition(key: VersionKey): Promise<string | null> {
    return (await this.#storage.findVersions([key]))[0] ?? null;
  }

  /** See ReadSource. */
  sourceOf(readAfter: string | null): Promise<Source> {
    return this.#source.ofList(readAfter);
  }

  list(page: PageRequest, source: Source): Promise<WorkflowRecord[]> {
    return this.#source.read(source, (reads) => reads.listWorkflows(page));
  }
}
