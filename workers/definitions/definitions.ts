import { bytesOfText, lru } from "../../src/lru.ts";
import { nameOfVersion } from "../../src/schemas/run.ts";
import type { Storage, VersionKey } from "../../src/storage/port.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** The definitions that runs name, by (namespace, workflow, version): immutable rows, so they are cached without a lifetime. */
export class Definitions {
  readonly #storage: Storage;
  readonly #cached = lru({ maxBytes: MAX_BYTES, bytesOf: bytesOfText });

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** JSON text of the steps by key; a version that does not exist has no steps to fall back on and is left out. */
  async load(keys: VersionKey[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const missing = new Map<string, VersionKey>();
    for (const key of keys) {
      const name = nameOfVersion(key);
      const steps = this.#cached.get(name);
      if (steps === undefined) missing.set(name, key);
      else found.set(name, steps);
    }
    if (missing.size > 0) {
      const stored = await this.#storage.findVersions([...missing.values()]);
      for (const [index, name] of [...missing.keys()].entries()) {
        const steps = stored[index];
        if (steps === null || steps === undefined) continue;
        found.set(name, steps);
        this.#cached.set(name, steps);
      }
    }
    return found;
  }
}
