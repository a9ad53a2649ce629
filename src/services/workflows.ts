import type { Clock } from "../clock.ts";
import { PlatformError, type RequestFault } from "../errors.ts";
import { startedIn, startWarnings } from "../language/checks/started.ts";
import { type Options, preparesRuns } from "../language/definition/options.ts";
import type { WorkflowInput } from "../language/definition/workflow.ts";
import type { WorkflowRepository } from "../repositories/workflows.ts";
import { MAX_FAULTS } from "../schemas/json.ts";
import type { PageQuery } from "../schemas/page.ts";
import type { StoredOptions, WorkflowRecord } from "../storage/port.ts";
import { NAMESPACE } from "./namespace.ts";
import { type Page, PageReader } from "./pages.ts";

/** Workflows that a definition starts, of which it is looked whether they are there. */
const MAX_LOOKED_UP = 20;

/** Nothing for a workflow without options. */
function storedOptions(options: Options): { options?: StoredOptions } {
  const text = JSON.stringify(options);
  return text === "{}" ? {} : { options: { text, preparesRuns: preparesRuns(options) } };
}

/** Operations on workflow definitions. */
export class WorkflowService {
  readonly #workflows: WorkflowRepository;
  readonly #pages: PageReader<WorkflowRecord>;

  constructor(workflows: WorkflowRepository, clock: Clock) {
    this.#workflows = workflows;
    this.#pages = new PageReader("workflows", clock, workflows);
  }

  /** Stores a new workflow and returns its uuid. */
  create({ id, name, description, steps, ...options }: WorkflowInput): Promise<string> {
    return this.#workflows.insert({
      uuid: null,
      namespace: NAMESPACE,
      id: id ?? null,
      name,
      description: description ?? null,
      steps: JSON.stringify(steps),
      ...storedOptions(options),
    });
  }

  /** Makes a new version; runs keep the one they were triggered with. @throws PlatformError workflow_not_found */
  update(
    reference: string,
    { id, name, description, steps, ...options }: WorkflowInput,
  ): Promise<{ uuid: string; version: number }> {
    return this.#workflows.update({
      namespace: NAMESPACE,
      reference,
      id,
      name,
      description: description ?? null,
      steps: JSON.stringify(steps),
      ...storedOptions(options),
    });
  }

  /**
   * The warnings about the workflows that its steps start.
   *
   * @param own what it is called by itself
   */
  async warnings({ steps }: WorkflowInput, own: string | undefined): Promise<RequestFault[]> {
    const started = startedIn({ list: { steps: [...steps] }, loc: ["body"] });
    const references = [...new Set(started.map(({ reference }) => reference))].slice(0, MAX_LOOKED_UP);
    const found = await Promise.all(
      references.map((reference) => this.#workflows.find({ namespace: NAMESPACE, reference, version: null })),
    );
    const unknown = new Set(references.filter((_, index) => found[index] === null));
    return startWarnings(started, own, unknown).slice(0, MAX_FAULTS);
  }

  /** Stops new triggers; its runs stay. @throws PlatformError workflow_not_found */
  delete(reference: string): Promise<{ uuid: string }> {
    return this.#workflows.delete({ namespace: NAMESPACE, reference });
  }

  /**
   * The newest version, or the one that is named.
   *
   * @param readAfter see PageReader
   * @throws PlatformError workflow_not_found; version_not_found where the workflow exists
   */
  async get(reference: string, version: number | null, readAfter: string | null): Promise<WorkflowRecord> {
    const workflow = await this.#workflows.find({ namespace: NAMESPACE, reference, version }, readAfter);
    if (workflow !== null) return workflow;
    if (version !== null) {
      await this.get(reference, null, readAfter);
      throw new PlatformError("version_not_found", `version ${version} of workflow ${reference}`);
    }
    throw new PlatformError("workflow_not_found", reference);
  }

  /** `readAfter`: see PageReader. */
  list(query: PageQuery, readAfter: string | null): Promise<Page<WorkflowRecord>> {
    return this.#pages.read(query, NAMESPACE, readAfter);
  }
}
