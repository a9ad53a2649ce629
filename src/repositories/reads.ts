import { Coalescer } from "../batching/coalescer.ts";
import type { Clock } from "../clock.ts";
import type { BatchName } from "../metrics/table.ts";

/**
 * Batches reads; identical ones share a query that has not been sent yet, so that no answer is older than its question.
 */
export class SharedReads<Key, Value> {
  readonly #coalescer: Coalescer<Key, { value: Value }>;
  readonly #nameOf: (key: Key) => string;
  #unsent = new Map<string, Promise<{ value: Value }>>();

  /** `name`: of its batches, see CoalescerOptions. `flushes`: batches under way at once, see CoalescerOptions. */
  constructor(
    name: BatchName,
    clock: Clock,
    flushes: number,
    nameOf: (key: Key) => string,
    read: (keys: Key[]) => Promise<Value[]>,
  ) {
    this.#nameOf = nameOf;
    this.#coalescer = new Coalescer({
      name,
      clock,
      sizeOf: () => 200,
      flushes,
      flush: async (keys) => {
        for (const key of keys) this.#unsent.delete(nameOf(key));
        return (await read(keys)).map((value) => ({ value }));
      },
    });
  }

  async get(key: Key): Promise<Value> {
    const name = this.#nameOf(key);
    let shared = this.#unsent.get(name);
    if (shared === undefined) {
      shared = this.#coalescer.add(key);
      this.#unsent.set(name, shared);
    }
    try {
      return (await shared).value;
    } catch (error) {
      // A read that was rejected for want of room is never sent: later callers must not share its rejection.
      if (this.#unsent.get(name) === shared) this.#unsent.delete(name);
      throw error;
    }
  }
}
