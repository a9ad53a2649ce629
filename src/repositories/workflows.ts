import { Coalescer } from "../batching/coalescer.ts";
import type { Clock } from "../clock.ts";
import type { PageRequest } from "../schemas/page.ts";
import type {
  NewWorkflow,
  Outcome,
  Storage,
  Unnamed,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
  WorkflowRecord,
} from "../storage/port.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";

/** Workflow definitions, one at a time. */
export class WorkflowRepository {
  readonly #storage: Storage;
  readonly #inserts: Coalescer<Unnamed<NewWorkflow>, Outcome<string>>;
  readonly #reads: SharedReads<WorkflowLookup, WorkflowRecord | null>;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#inserts = new Coalescer({
      name: "workflow_inserts",
      clock,
      flushes: storage.batchesAtOnce,
      flush: (items) => storage.insertWorkflows(items),
      sizeOf: ({ steps, name }) => 300 + steps.length + name.length,
    });
    this.#reads = new SharedReads(
      "workflow_reads",
      clock,
      storage.batchesAtOnce,
      ({ namespace, reference, version }) => JSON.stringify([namespace, reference, version]),
      (lookups) => storage.findWorkflows(lookups),
    );
  }

  /** See Storage. */
  get batchesAtOnce(): number {
    return this.#storage.batchesAtOnce;
  }

  /** Its uuid. */
  async insert(item: Unnamed<NewWorkflow>): Promise<string> {
    return unwrap(await this.#inserts.add(item));
  }

  /** @throws PlatformError workflow_not_found */
  async update(change: WorkflowChange): Promise<{ uuid: string; version: number }> {
    return unwrap((await this.#storage.updateWorkflows([change]))[0]);
  }

  /** @throws PlatformError workflow_not_found */
  async delete(key: WorkflowKey): Promise<{ uuid: string }> {
    return unwrap((await this.#storage.deleteWorkflows([key]))[0]);
  }

  /** From the database each time: any process may have changed it. */
  find(lookup: WorkflowLookup): Promise<WorkflowRecord | null> {
    return this.#reads.get(lookup);
  }

  list(page: PageRequest): Promise<WorkflowRecord[]> {
    return this.#storage.listWorkflows(page);
  }
}
