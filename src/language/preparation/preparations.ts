import { type Lru, lru } from "../../lru.ts";
import { nameOfVersion } from "../../schemas/runs/run.ts";
import type { VersionKey } from "../../storage/port.ts";
import { type Preparation, preparationOf } from "./preparation.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * What versions say about runs before they are stored, and which version a run is probably to be made by. Workflows without such
 * options are not known here, and cost nothing.
 */
export class Preparations {
  readonly #read: (key: VersionKey) => Promise<string | null>;
  /** Immutable, so they are kept without a lifetime. */
  readonly #known: Lru<Preparation> = lru({ maxBytes: MAX_BYTES, bytesOf: ({ size }) => 2 * size });
  /** The version that the last run by a reference had to be made by. */
  readonly #versions: Lru<VersionKey> = lru({ maxBytes: MAX_BYTES, bytesOf: () => 300 });

  /** `read` gives the JSON text of a definition; null where there is none. */
  constructor(read: (key: VersionKey) => Promise<string | null>) {
    this.#read = read;
  }

  /** The version by which a run is probably to be made; undefined where nothing has to be read, as far as is known. */
  likelyVersion(namespace: string, reference: string): VersionKey | undefined {
    // Most platforms have none.
    return this.#versions.size === 0 ? undefined : this.#versions.get(nameOf(namespace, reference));
  }

  /** A run by this reference has to be made by this version. */
  learn(reference: string, key: VersionKey): void {
    this.#versions.set(nameOf(key.namespace, reference), key);
  }

  /** What a version says. */
  async of(key: VersionKey): Promise<Preparation> {
    const name = nameOfVersion(key);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const preparation = preparationOf((await this.#read(key)) ?? '{"steps":[]}');
    this.#known.set(name, preparation);
    return preparation;
  }
}

/** No two have one name: neither has a NUL. */
function nameOf(namespace: string, reference: string): string {
  return `${namespace}\0${reference}`;
}
