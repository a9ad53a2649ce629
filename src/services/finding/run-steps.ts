import type { StepInputs } from "../../engine/port.ts";
import { PlatformError, ValidationFailed } from "../../errors.ts";
import { isUuid } from "../../ids.ts";
import { LOOP, MAP } from "../../language/definition/control.ts";
import type { RunRepository } from "../../repositories/runs.ts";
import type { Json } from "../../schemas/json/json.ts";
import { DEFAULT_LIMIT } from "../../schemas/lists/page-query.ts";
import type {
  MapItems,
  OutlineStep,
  RunStep,
  RunStepDetail,
  StepDetailQuery,
  StepQuery,
} from "../../schemas/lists/step-query.ts";
import { type LogEntry, parseLog } from "../../schemas/log/log.ts";
import { isWithin } from "../../schemas/runs/results.ts";
import type { RunRecord } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";
import { failedAttempts, lastAttempt } from "./attempts.ts";
import { InputReader, type ReadRun } from "./input-reader.ts";
import { type KeptStep, keptSteps, stepText } from "./kept-steps.ts";
import { itemsOf } from "./map-items.ts";
import { outlineOf, pendingSteps } from "./outline.ts";
import { inOrder, iterationIn, placeOf } from "./step-order.ts";

const ALL = Number.POSITIVE_INFINITY;

/** A page of a run's steps; null where none follows. */
export interface PageOfSteps {
  items: RunStep[];
  nextCursor: string | null;
  limit: number;
}

/** Reads what the steps of a run came to, a part at a time. */
export class RunSteps {
  readonly #runs: RunRepository;
  readonly #reader: InputReader;

  constructor(runs: RunRepository, inputs: StepInputs) {
    this.#runs = runs;
    this.#reader = new InputReader(runs, inputs);
  }

  /**
   * Steps that have begun, in the order of the definition.
   *
   * @throws PlatformError run_not_found
   * @throws ValidationFailed where the cursor is that of another query
   */
  async list(id: string, query: StepQuery): Promise<PageOfSteps> {
    const run = await this.#find(id);
    const { limit = DEFAULT_LIMIT, cursor, under, status } = query;
    const after = cursor === undefined ? null : placeOf(pathOf(cursor, run.uuid, query));
    const steps = await this.#stepsOf(run);
    const isWanted = isFrom(query, steps);
    const wanted = steps.filter(
      ({ path, place, result: { step_name, status: its } }) =>
        (status?.includes(its) ?? true) &&
        (under === undefined || isWithin(step_name, under)) &&
        isWanted(path) &&
        (after === null || inOrder(place, after) > 0),
    );
    const page = wanted.slice(0, limit);
    const last = page.at(-1);
    const isMore = wanted.length > limit && last !== undefined;
    return { items: page.map(stepText), nextCursor: isMore ? cursorOf(last.path, run.uuid, query) : null, limit };
  }

  /**
   * One step by its address, also one at the top that has yet to begin.
   *
   * @throws PlatformError run_not_found; step_not_found where there is none of that address
   */
  async get(id: string, address: string, limits: StepDetailQuery = {}): Promise<RunStepDetail> {
    const { output_limit: mostOfOutput = ALL, input_limit: mostOfInput = ALL } = limits;
    const read = await this.#reader.read(await this.#find(id));
    const step = stepAt(read, address);
    if (step === null) throw new PlatformError("step_not_found", address);
    const failed = failedAttempts(read.log, step);
    const last = lastAttempt(step, failed);
    const { details, output } = step.result;
    const { config, ...input } = await this.#reader.of(
      read,
      step.path,
      (before) => stepAt(before, address)?.path ?? null,
    );
    const text = stepText(step);
    return {
      ...text,
      ...(details !== undefined && { details }),
      ...(failed.length > 0 && { failed_attempts: failed }),
      ...(last !== null && { last_attempt: last }),
      input: { ...(config !== undefined && input.bytes <= mostOfInput && { config }), ...input },
      ...(text.output_bytes <= mostOfOutput && { output }),
    };
  }

  /** The output of a step that has begun. @throws PlatformError run_not_found, step_not_found */
  async output(id: string, address: string): Promise<Json> {
    return this.#begun(await this.#stepsOf(await this.#find(id)), address).result.output;
  }

  /** What became of each item of a map. @throws PlatformError run_not_found; step_not_found where none of that address has begun; step_without_items of one that is no map */
  async items(id: string, address: string): Promise<MapItems> {
    const run = await this.#find(id);
    const steps = await this.#stepsOf(run);
    const map = this.#begun(steps, address);
    if (map.result.type !== MAP) throw new PlatformError("step_without_items", address);
    return itemsOf(map, steps, await this.#definitionOf(run));
  }

  /** A run, and its steps without those within maps and loops, which are counted; steps at the top that have yet to begin are there. */
  async outline(id: string): Promise<{ run: RunRecord; steps: OutlineStep[] }> {
    const run = await this.#find(id);
    const definition = await this.#definitionOf(run);
    const kept = keptSteps(run, await this.#logWhereMore(run), definition);
    const steps = [...kept, ...pendingSteps(definition, kept)].sort((one, other) => inOrder(one.place, other.place));
    return { run, steps: outlineOf(steps) };
  }

  #begun(steps: readonly KeptStep[], address: string): KeptStep {
    const step = steps.find(({ result: { step_name } }) => step_name === address);
    if (step === undefined) throw new PlatformError("step_not_found", address);
    return step;
  }

  async #find(id: string): Promise<RunRecord> {
    const run = isUuid(id) ? await this.#runs.find({ namespace: NAMESPACE, uuid: id.toLowerCase() }) : null;
    if (run === null) throw new PlatformError("run_not_found");
    return run;
  }

  async #stepsOf(run: RunRecord): Promise<KeptStep[]> {
    return keptSteps(run, await this.#logWhereMore(run), await this.#definitionOf(run));
  }

  async #definitionOf({ workflowUuid, workflowVersion: version }: RunRecord): Promise<Json[]> {
    return (await this.#runs.stepsOf({ namespace: NAMESPACE, workflowUuid, version })) ?? [];
  }

  /** The log where it has steps that are left out of the results. */
  async #logWhereMore(run: RunRecord): Promise<LogEntry[]> {
    return parseLog(run.stepResults?.includes('"steps_omitted"') ? await this.#logOf(run) : run.log);
  }

  async #logOf(run: RunRecord): Promise<string> {
    return run.stepResults === null ? run.log : this.#runs.logOf({ namespace: NAMESPACE, uuid: run.uuid });
  }
}

/** A step that has begun, or one at the top that has yet to; null for none. */
function stepAt({ run, log, steps }: ReadRun, address: string): KeptStep | null {
  const kept = keptSteps(run, log, steps);
  const isIt = ({ result }: KeptStep) => result.step_name === address;
  return kept.find(isIt) ?? pendingSteps(steps, kept).find(isIt) ?? null;
}

/** Whether a path is in the iterations that are asked for. @throws ValidationFailed of what has none */
function isFrom({ under, from }: StepQuery, steps: readonly KeptStep[]): (path: string) => boolean {
  if (from === undefined) return () => true;
  const container = steps.find(({ result }) => result.step_name === under);
  const type = container?.result.type;
  if (under === undefined || (container !== undefined && type !== MAP && type !== LOOP)) {
    const msg = "Input should come with `under`, the address of a map or a loop";
    throw new ValidationFailed([{ loc: ["query", "from"], msg, type: "value_error" }]);
  }
  return (path) => container !== undefined && (iterationIn(container.path, path) ?? -1) >= from;
}

/** A cursor says of which run and query it is. */
function cursorOf(path: string, uuid: string, { under, from, status }: StepQuery): string {
  const query = JSON.stringify([uuid, under, from, status?.toSorted()]);
  const hash = new Bun.CryptoHasher("sha256").update(query).digest("base64url").slice(0, 12);
  return Buffer.from(`steps ${path} ${hash}`).toString("base64url");
}

function pathOf(cursor: string, uuid: string, query: StepQuery): string {
  const [, path = ""] = Buffer.from(cursor, "base64url").toString("utf8").split(" ");
  if (cursorOf(path, uuid, query) === cursor) return path;
  const msg = "Input should be the next_cursor of a page of this run's steps with these filters";
  throw new ValidationFailed([{ loc: ["query", "cursor"], msg, type: "value_error" }]);
}
