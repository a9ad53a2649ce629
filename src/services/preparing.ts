import { PlatformError, type RequestFault } from "../errors.ts";
import { type Asked, type Prepared, prepared } from "../language/preparation/preparation.ts";
import { Preparations } from "../language/preparation/preparations.ts";
import type { WorkflowRepository } from "../repositories/workflows.ts";
import type { VersionKey } from "../storage/port.ts";

/**
 * Makes triggered runs by the options of their workflows, before they are stored: the insert then says whether the workflow still has
 * the version that was read.
 */
export class Preparing {
  readonly #workflows: WorkflowRepository;
  readonly preparations: Preparations;

  constructor(workflows: WorkflowRepository) {
    this.#workflows = workflows;
    this.preparations = new Preparations((key) => workflows.definition(key));
  }

  /** The newest version. @throws PlatformError workflow_not_found */
  async newestVersion(namespace: string, reference: string): Promise<VersionKey> {
    const found = await this.#workflows.find({ namespace, reference, version: null });
    if (found === null) throw new PlatformError("workflow_not_found", reference);
    return { namespace, workflowUuid: found.uuid, version: found.version };
  }

  /** A run of a version, or the faults of its trigger, which stands at `loc`. */
  async prepare(
    key: VersionKey,
    asked: Asked,
    loc: RequestFault["loc"] = ["body"],
  ): Promise<Prepared | { faults: RequestFault[] }> {
    return prepared(await this.preparations.of(key), key, asked, loc);
  }
}
