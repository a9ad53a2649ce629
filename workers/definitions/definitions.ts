import { bytesOfText, lru } from "../../src/lru.ts";
import { nameOfVersion } from "../../src/schemas/runs/run.ts";
import type { Storage, VersionKey } from "../../src/storage/port.ts";

const MAX_BYTES = 32 * 1024 * 1024;

/** The definitions that runs name, by (namespace, workflow, version): immutable rows, so they are cached without a lifetime. */
export class Definitions {
  readonly #storage: Storage;
  readonly #cached = lru({ maxBytes: MAX_BYTES, bytesOf: bytesOfText });

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** JSON text of each definition by key; a version that does not exist has nothing to fall back on and is left out. */
  async load(keys: VersionKey[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const missing = new Map<string, VersionKey>();
    for (const key of keys) {
      const name = nameOfVersion(key);
      const text = this.#cached.get(name);
      if (text === undefined) missing.set(name, key);
      else found.set(name, text);
    }
    if (missing.size > 0) {
      const stored = await this.#storage.findVersions([...missing.values()]);
      for (const [index, name] of [...missing.keys()].entries()) {
        const text = stored[index];
        if (text === null || text === undefined) continue;
        found.set(name, text);
        this.#cached.set(name, text);
      }
    }
    return found;
  }
}
