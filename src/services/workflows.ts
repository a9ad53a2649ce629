import type { Clock } from "../clock.ts";
import { PlatformError, type RequestFault, ValidationFailed } from "../errors.ts";
import { isUuid } from "../ids.ts";
import { heardBy, startedIn, startWarnings } from "../language/checks/reading/started.ts";
import { type Options, preparesRuns } from "../language/definition/options.ts";
import { WorkflowReference } from "../language/definition/reference.ts";
import type { WorkflowInput } from "../language/definition/workflow.ts";
import type { WorkflowRepository } from "../repositories/workflows.ts";
import { checkOf } from "../schemas/json/check.ts";
import { schemaFaults } from "../schemas/json/faults.ts";
import { MAX_FAULTS } from "../schemas/json/json.ts";
import { DEFAULT_LIMIT, type PageQuery, type VersionsQuery } from "../schemas/lists/page-query.ts";
import type { ChangedWorkflow, StoredOptions, VersionRecord, WorkflowRecord } from "../storage/port.ts";
import { NAMESPACE } from "./namespace.ts";
import { type Page, PageReader } from "./pages.ts";
import { cursorOf, otherCursor, placeOf } from "./version-cursors.ts";

/** Workflows that a definition starts, of which it is looked whether they are there. */
const MAX_LOOKED_UP = 20;

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** How a workflow is changed. */
export interface HowToChange {
  /** Only if it has one of these versions. */
  ifVersions?: number[] | undefined;
  /** Made where there is none, unless a uuid names it. */
  create?: boolean;
}

const newId = checkOf(WorkflowReference);

/** @throws ValidationFailed where a workflow can't be made under this id, or says another */
function checkNewId(reference: string, id: string | undefined): void {
  if (!newId.Check(reference))
    throw new ValidationFailed(schemaFaults(newId.Errors(reference), ["path", "workflow_id"]));
  if (id === undefined || id === reference) return;
  const msg = "Input should be the id in the path, or be left out";
  throw new ValidationFailed([{ loc: ["body", "id"], msg, type: "value_error" }]);
}

/** Nothing for a workflow without options. */
function storedOptions(options: Options): { options?: StoredOptions } {
  const text = JSON.stringify(options);
  return text === "{}" ? {} : { options: { text, preparesRuns: preparesRuns(options) } };
}

/** Operations on workflow definitions. */
export class WorkflowService {
  readonly #workflows: WorkflowRepository;
  readonly #pages: PageReader<WorkflowRecord>;
  readonly #clock: Clock;
  readonly #keptDays: number;

  /** @param keptDays how long runs are kept; 0: for ever */
  constructor(workflows: WorkflowRepository, clock: Clock, keptDays: number) {
    this.#workflows = workflows;
    this.#clock = clock;
    this.#keptDays = keptDays;
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

  /**
   * Makes a new version where something changes; runs keep the one they were triggered with.
   *
   * @throws PlatformError workflow_not_found; version_conflict where its version is none of `ifVersions`
   */
  update(
    reference: string,
    { id, name, description, steps, ...options }: WorkflowInput,
    { ifVersions, create }: HowToChange = {},
  ): Promise<ChangedWorkflow> {
    // Nobody chooses a uuid.
    const isMade = create === true && !isUuid(reference);
    if (isMade) checkNewId(reference, id);
    return this.#workflows.update({
      namespace: NAMESPACE,
      reference,
      id,
      name,
      description: description ?? null,
      steps: JSON.stringify(steps),
      ...storedOptions(options),
      ...(ifVersions !== undefined && { ifVersions }),
      ...(isMade && { create: { uuid: null, id: reference } }),
    });
  }

  /** Takes a deletion back, for as long as runs are kept. @throws PlatformError workflow_not_found */
  undelete(reference: string): Promise<{ uuid: string; version: number }> {
    const since = this.#keptDays === 0 ? 0 : this.#clock.now() - this.#keptDays * DAY_MILLISECONDS;
    return this.#workflows.undelete({ namespace: NAMESPACE, reference, since });
  }

  /**
   * The versions of a workflow, newest first.
   *
   * @param readAfter see PageReader
   * @throws PlatformError workflow_not_found
   * @throws ValidationFailed where the cursor is that of another workflow
   */
  async versions(reference: string, query: VersionsQuery, readAfter: string | null): Promise<Page<VersionRecord>> {
    const { limit = DEFAULT_LIMIT, cursor } = query;
    const place = cursor === undefined ? null : placeOf(cursor);
    const lookup = { namespace: NAMESPACE, reference, before: place?.version ?? null, limit: limit + 1 };
    const found = await this.#workflows.versions(lookup, readAfter);
    if (found === null) throw new PlatformError("workflow_not_found", reference);
    if (place !== null && place.uuid !== found.uuid) throw otherCursor();
    const items = found.versions.slice(0, limit);
    const last = items.at(-1);
    const isMore = found.versions.length > limit && last !== undefined;
    return { items, nextCursor: isMore ? cursorOf(found.uuid, last.version) : null, limit };
  }

  /**
   * The warnings about the workflows that its steps, and its failures, start.
   *
   * @param own what it is called by itself
   */
  async warnings({ steps, on_failure }: WorkflowInput, own: string | undefined): Promise<RequestFault[]> {
    const heard = heardBy(on_failure, own);
    const started = [...startedIn({ list: { steps: [...steps] }, loc: ["body"] }), ...(heard === null ? [] : [heard])];
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
