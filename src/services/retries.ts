import { PlatformError, ValidationFailed } from "../errors.ts";
import { planRetry, type RetryPlan } from "../language/retrying/plan.ts";
import type { RunRequests } from "../repositories/run-requests.ts";
import type { RunRepository } from "../repositories/runs.ts";
import type { RetryInput } from "../schemas/control/control-input.ts";
import { isObject, type Json, type JsonObject } from "../schemas/json/json.ts";
import { parseLog } from "../schemas/log/log.ts";
import { MAX_DEPTH_OF_RUNS } from "../schemas/runs/depth.ts";
import { resultsTextOf } from "../schemas/runs/results.ts";
import type { StepResult } from "../schemas/runs/run.ts";
import type { InsertedRun, NewRetry, RequestKey, RunRecord, Unnamed, VersionKey } from "../storage/port.ts";
import { type TraceContext, traceparentOf } from "../tracing/context.ts";
import { NAMESPACE } from "./namespace.ts";
import type { Preparing } from "./preparing.ts";
import type { RunService } from "./runs.ts";
import type { TriggerEvents } from "./trigger-events.ts";

/** A run that tries another one again. */
export interface Retried {
  uuid: string;
  /** The addresses of the steps that run again: the first MOST_ADDRESSES. */
  willRun: string[];
}

/** What a request for a run says beside its body. */
export interface Asking {
  /** See depthOf. */
  depth: number;
  trace: TraceContext | null;
}

/** That of nobody's request. */
const NOBODY: Asking = { depth: 0, trace: null };

/** One that is not stored yet; with all addresses. */
export interface Planned {
  retry: Unnamed<NewRetry>;
  willRun: string[];
}

const MOST_ADDRESSES = 1000;
const UUID_LENGTH = 36;

/** Tries runs that are over again. */
export class RetryService {
  readonly #runs: RunService;
  readonly #repository: RunRepository;
  readonly #requests: RunRequests;
  readonly #preparing: Preparing;
  readonly #events: TriggerEvents;

  constructor(
    runs: RunService,
    { repository, requests }: { repository: RunRepository; requests: RunRequests },
    preparing: Preparing,
    events: TriggerEvents,
  ) {
    this.#runs = runs;
    this.#repository = repository;
    this.#requests = requests;
    this.#preparing = preparing;
    this.#events = events;
  }

  /**
   * Stores a run that keeps what a run that is over has done before a step, and does the rest. It is on disk then.
   *
   * @param key of a request that may be repeated, stored with it; null without one
   * @returns what is stored as the answer to the key; null where another request had it first: then nothing is stored
   * @throws PlatformError depth_exceeded, run_not_found, run_not_ended, run_undone, workflow_not_found, version_not_found, concurrency_limit,
   *   storage_unavailable, overloaded
   * @throws ValidationFailed where `from` is no place to begin, or the payload does not fit the workflow's input
   */
  async retry(id: string, input: RetryInput, asking: Asking, key: RequestKey | null): Promise<string | null> {
    const { retry, willRun } = await this.plan(id, input, asking);
    const more = JSON.stringify(willRun.slice(0, MOST_ADDRESSES));
    const stored = await this.#requests.insertRetry({ ...retry, ...(key !== null && { request: { key, more } }) });
    if (stored.isTaken) return null;
    await this.tell(stored);
    return `${stored.uuid}${more}`;
  }

  /** The addresses of the steps that would run again: the first MOST_ADDRESSES. Stores nothing. @throws as `retry` does */
  async wouldRun(id: string, input: RetryInput): Promise<string[]> {
    return (await this.plan(id, input, NOBODY)).willRun.slice(0, MOST_ADDRESSES);
  }

  /** The run that tries another one again, which is not stored yet. @throws as `retry` does */
  async plan(id: string, input: RetryInput, { depth, trace }: Asking): Promise<Planned> {
    if (depth > MAX_DEPTH_OF_RUNS) throw new PlatformError("depth_exceeded");
    const run = await this.#runs.get(id);
    if (run.completedAt === null) throw new PlatformError("run_not_ended");
    const own = { namespace: NAMESPACE, workflowUuid: run.workflowUuid, version: run.workflowVersion };
    const version = await this.#versionFor(own, input.version ?? "same");
    const { log, willRun } = await this.#keep(run, own, version, input.from ?? null);
    const payload = input.payload ?? objectOf(run.payload);
    const tags: string[] = run.tags === null ? [] : JSON.parse(run.tags);
    const made = await this.#preparing.prepare(version, { payload, tags });
    if ("faults" in made) throw new ValidationFailed(made.faults);
    const { preparedFor: _, ...prepared } = made;
    const retry = {
      ...{ uuid: null, namespace: NAMESPACE, workflowUuid: version.workflowUuid, version: version.version },
      ...prepared,
      depth,
      traceparent: trace === null ? null : traceparentOf(trace),
      retryOf: run.uuid,
      log,
    };
    return { retry, willRun };
  }

  /** Tells workers of one that is stored, and ends the runs that give way to it. */
  async tell({ cancel, ...stored }: InsertedRun): Promise<void> {
    if (cancel !== undefined) await this.#repository.cancel(cancel);
    this.#events.wake({ ...stored, namespace: NAMESPACE });
  }

  async #versionFor(own: VersionKey, asked: NonNullable<RetryInput["version"]>): Promise<VersionKey> {
    if (asked === "same") return own;
    return asked === "latest" ? this.#preparing.newestVersion(NAMESPACE, own.workflowUuid) : { ...own, version: asked };
  }

  async #keep(run: RunRecord, own: VersionKey, version: VersionKey, from: string | null): Promise<Keeping> {
    const [old, now] = [await this.#stepsOf(own), await this.#stepsOf(version)];
    const results: Record<string, StepResult> = JSON.parse(resultsTextOf(run));
    const plan = planRetry({
      names: old.map((step) => (isObject(step) ? String(step.name) : "")),
      log: parseLog(await this.#repository.logOf({ namespace: NAMESPACE, uuid: run.uuid })),
      results: Object.values(results),
      ...{ old, now, from, hasSucceeded: run.status === "success" },
    });
    if (!("fault" in plan)) return plan;
    if (plan.fault === "undone") throw new PlatformError("run_undone", plan.step);
    const msg = "Input should be the address of a step at the top, or inside blocks and switches";
    throw new ValidationFailed([{ loc: ["body", "from"], msg, type: "value_error" }]);
  }

  async #stepsOf(version: VersionKey): Promise<Json[]> {
    const steps = await this.#repository.stepsOf(version);
    if (steps === null) throw new PlatformError("version_not_found", `version ${version.version}`);
    return steps;
  }
}

type Keeping = Exclude<RetryPlan, { fault: string }>;

/** What is stored of an answer, as it was. */
export function retriedBy(answer: string): Retried {
  return { uuid: answer.slice(0, UUID_LENGTH), willRun: JSON.parse(answer.slice(UUID_LENGTH)) };
}

function objectOf(text: string): JsonObject {
  const value: Json = JSON.parse(text);
  return isObject(value) ? value : {};
}
