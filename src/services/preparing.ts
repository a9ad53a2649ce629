import { PlatformError, type RequestFault } from "../errors.ts";
import type { Concurrency, RateLimit } from "../language/definition/options.ts";
import type { Definition } from "../language/definition/workflow.ts";
import { faultsOfValue, withDefaults } from "../language/json-schema/index.ts";
import { type Lru, lru } from "../lru.ts";
import type { WorkflowRepository } from "../repositories/workflows.ts";
import type { JsonObject } from "../schemas/json.ts";
import { nameOfVersion } from "../schemas/run.ts";
import type { NewRun, VersionKey } from "../storage/port.ts";
import { turnOf } from "./turns.ts";

const MAX_BYTES = 4 * 1024 * 1024;

/** What a version of a workflow says about a run before it is stored. */
interface Preparation {
  input: JsonObject | null;
  tags: string[];
  concurrency: Concurrency | null;
  rateLimit: RateLimit | null;
  /** Characters of the definition. */
  size: number;
}

/** What of a run depends on the options of its workflow. */
export type Prepared = Required<Pick<NewRun, "payload" | "preparedFor">> & Pick<NewRun, "tags" | "turn">;

/**
 * Makes runs by the options of their workflows, before they are stored: the insert then says whether the workflow still has the
 * version that was read. Workflows without such options are not known here, and cost nothing.
 */
export class Preparing {
  readonly #workflows: WorkflowRepository;
  /** Immutable, so they are kept without a lifetime. */
  readonly #preparations: Lru<Preparation> = lru({ maxBytes: MAX_BYTES, bytesOf: ({ size }) => 2 * size });
  /** The version that the last trigger by a reference found, where it has options to read. */
  readonly #versions: Lru<VersionKey> = lru({ maxBytes: MAX_BYTES, bytesOf: () => 300 });

  constructor(workflows: WorkflowRepository) {
    this.#workflows = workflows;
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

  /** The newest version. @throws PlatformError workflow_not_found */
  async newestVersion(namespace: string, reference: string): Promise<VersionKey> {
    const found = await this.#workflows.find({ namespace, reference, version: null });
    if (found === null) throw new PlatformError("workflow_not_found", reference);
    return { namespace, workflowUuid: found.uuid, version: found.version };
  }

  /** A run of a version, or the faults of its payload. */
  async prepare(key: VersionKey, payload: JsonObject): Promise<Prepared | { faults: RequestFault[] }> {
    const { input, tags, ...limits } = await this.#preparationOf(key);
    const filled = input === null ? payload : withDefaults(input, payload);
    const faults = input === null ? [] : faultsOfValue(input, filled, ["body", "payload"]);
    if (faults.length > 0) return { faults };
    const turn = turnOf(limits, filled);
    if (turn !== null && "faults" in turn) return turn;
    const { workflowUuid, version } = key;
    return {
      payload: JSON.stringify(filled),
      ...(tags.length > 0 && { tags: JSON.stringify(tags) }),
      preparedFor: { workflowUuid, version },
      ...(turn !== null && { turn }),
    };
  }

  async #preparationOf(key: VersionKey): Promise<Preparation> {
    const name = nameOfVersion(key);
    const known = this.#preparations.get(name);
    if (known !== undefined) return known;
    const text = (await this.#workflows.definition(key)) ?? '{"steps":[]}';
    const { input, tags = [], concurrency, rate_limit }: Definition = JSON.parse(text);
    const preparation = {
      input: input ?? null,
      tags: [...new Set(tags)],
      concurrency: concurrency ?? null,
      rateLimit: rate_limit ?? null,
      size: text.length,
    };
    this.#preparations.set(name, preparation);
    return preparation;
  }
}

/** No two have one name: neither has a NUL. */
function nameOf(namespace: string, reference: string): string {
  return `${namespace}\0${reference}`;
}
