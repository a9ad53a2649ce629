import type { Cache, CacheEntry } from "../cache/port.ts";
import type { Clock } from "../clock.ts";
import { Coalescer } from "../coalescer.ts";
import { isUuid } from "../ids.ts";
import type { PageRequest } from "../schemas/page.ts";
import type {
  NewWorkflow,
  Outcome,
  Storage,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
  WorkflowRecord,
} from "../storage/port.ts";
import { readPage, readRows } from "./cached.ts";
import { unwrap } from "./outcome.ts";
import { SharedReads } from "./reads.ts";

/** A workflow's newest version by its uuid, in lower case. */
interface UuidKey {
  namespace: string;
  uuid: string;
}

// A uuid has one length, so that no two keys make the same name.
const nameOf = ({ namespace, uuid }: UuidKey) => `${uuid}:${namespace}`;

/** Workflow definitions, one at a time. */
export class WorkflowRepository {
  readonly #storage: Storage;
  readonly #cache: Cache;
  readonly #inserts: Coalescer<NewWorkflow, Outcome<number | null>>;
  readonly #newest: SharedReads<UuidKey, WorkflowRecord | null>;
  /** By an author's id, which another workflow may take at any time, or of a version: never cached. */
  readonly #others: SharedReads<WorkflowLookup, WorkflowRecord | null>;

  constructor(storage: Storage, cache: Cache, clock: Clock) {
    this.#storage = storage;
    this.#cache = cache;
    this.#inserts = new Coalescer({
      clock,
      flushes: storage.batchesAtOnce,
      flush: (items) => store(storage, cache, items),
      sizeOf: ({ steps, name }) => 300 + steps.length + name.length,
    });
    this.#newest = new SharedReads(clock, storage.batchesAtOnce, nameOf, (keys) =>
      readRows({
        cache,
        kind: "workflow",
        keys,
        nameOf,
        query: (missing) => storage.findWorkflows(missing.map(lookupOf)),
        // A text of a uuid's form may be the author's id of another workflow.
        mayKeep: (row, { uuid }) => row.uuid === uuid,
      }),
    );
    this.#others = new SharedReads(
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

  async insert(item: NewWorkflow): Promise<void> {
    unwrap(await this.#inserts.add(item));
  }

  /** @throws PlatformError workflow_not_found */
  update(change: WorkflowChange): Promise<{ uuid: string; version: number }> {
    return this.#change(change, () => this.#storage.updateWorkflows([change]));
  }

  /** @throws PlatformError workflow_not_found */
  delete(key: WorkflowKey): Promise<{ uuid: string }> {
    return this.#change(key, () => this.#storage.deleteWorkflows([key]));
  }

  find({ namespace, reference, version }: WorkflowLookup): Promise<WorkflowRecord | null> {
    return version === null && isUuid(reference)
      ? this.#newest.get({ namespace, uuid: reference.toLowerCase() })
      : this.#others.get({ namespace, reference, version });
  }

  list(page: PageRequest): Promise<WorkflowRecord[]> {
    return readPage(this.#cache, "workflows", page, (asked) => this.#storage.listWorkflows(asked));
  }

  async #change<Value extends { uuid: string }>(
    { namespace, reference }: WorkflowKey,
    write: () => Promise<Outcome<Value>[]>,
  ): Promise<Value> {
    const expected = isUuid(reference)
      ? reference.toLowerCase()
      : (await this.find({ namespace, reference, version: null }))?.uuid;
    const outcomes =
      expected === undefined
        ? await write()
        : await this.#cache.changeWorkflow(nameOf({ namespace, uuid: expected }), write);
    const value = unwrap(outcomes[0]);
    // The reference named another workflow by the time of the write.
    if (value.uuid !== expected) {
      await this.#cache.changeWorkflow(nameOf({ namespace, uuid: value.uuid }), async () => {});
    }
    return value;
  }
}

/** Stores a batch, and puts it into a cache that others read too. */
async function store(storage: Storage, cache: Cache, items: NewWorkflow[]): Promise<Outcome<number | null>[]> {
  if (!cache.shared) return storage.insertWorkflows(items);
  const names = items.map(nameOf);
  // Before there is anything to change: a change by whoever finds one by its author's id makes its ticket void.
  const found = await cache.read("workflow", names);
  const outcomes = await storage.insertWorkflows(items);
  const entries = items.flatMap(({ namespace: _, ...item }, index): CacheEntry<WorkflowRecord>[] => {
    const outcome = outcomes[index];
    const createdAt = outcome?.kind === "ok" ? outcome.value : null;
    const [name, ticket] = [names[index], found[index]?.ticket ?? null];
    if (createdAt === null || ticket === null || name === undefined) return [];
    return [{ name, ticket, value: { ...item, version: 1, createdAt, updatedAt: createdAt } }];
  });
  if (entries.length > 0) cache.fill("workflow", entries);
  return outcomes;
}

function lookupOf({ namespace, uuid }: UuidKey): WorkflowLookup {
  return { namespace, reference: uuid, version: null };
}
