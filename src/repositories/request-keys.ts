import type { Clock } from "../clock.ts";
import type { KeptRequest, RequestKey, Storage } from "../storage/port.ts";
import { SharedReads } from "./reads.ts";

/** Keys of requests, one at a time. */
export class RequestKeyRepository {
  readonly #storage: Storage;
  readonly #reads: SharedReads<RequestKey, KeptRequest | null>;

  constructor(storage: Storage, clock: Clock) {
    this.#storage = storage;
    this.#reads = new SharedReads(
      "request_key_reads",
      clock,
      storage.batchesAtOnce,
      ({ namespace, route, key }) => JSON.stringify([namespace, route, key]),
      (keys) => storage.findRequestKeys(keys),
    );
  }

  /** What came of a request with this key; null where there was none within KEY_MILLISECONDS. */
  find(key: RequestKey): Promise<KeptRequest | null> {
    return this.#reads.get(key);
  }

  /** The same of many. */
  findAll(keys: RequestKey[]): Promise<(KeptRequest | null)[]> {
    return keys.length === 0 ? Promise.resolve([]) : this.#storage.findRequestKeys(keys);
  }
}
