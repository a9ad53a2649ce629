import { PlatformError, type RequestFault, ValidationFailed } from "../errors.ts";
import type { RequestKeyRepository } from "../repositories/request-keys.ts";
import type { RunRepository, StoredRun } from "../repositories/runs.ts";
import type { Timing, TriggerInput } from "../schemas/runs/trigger.ts";
import type { NewRun, Outcome, RequestKey, Unnamed, VersionKey } from "../storage/port.ts";
import type { TraceContext } from "../tracing/context.ts";
import type { Preparing } from "./preparing.ts";
import { answerOf } from "./repeatable.ts";
import { type ComingRun, type RunStarts, unprepared } from "./run-starts.ts";
import { ATTEMPTS } from "./triggers.ts";

/** One of a batch; `key` is null where it may not be repeated. */
export interface BatchedTrigger {
  input: TriggerInput;
  key: RequestKey | null;
}

/** What came of one of a batch. */
export type TriggerOutcome = { runId: string } | { error: PlatformError | ValidationFailed };

interface Pending extends BatchedTrigger {
  loc: RequestFault["loc"];
  timing: Timing | null;
  coming: ComingRun | null;
  version: VersionKey | undefined;
  /** Whether that is the newest version: then it is what refuses a payload. */
  isNewest: boolean;
  outcome: TriggerOutcome | null;
}

/** A trigger with its run, made by the options of its workflow. */
interface Made {
  one: Pending;
  coming: ComingRun;
  run: Unnamed<NewRun>;
}

export interface TriggerBatchParts {
  runs: RunRepository;
  keys: RequestKeyRepository;
  preparing: Preparing;
  starts: RunStarts;
}

/** Starts many runs at once, stored by one insert; each has an outcome of its own. */
export class TriggerBatches {
  readonly #parts: TriggerBatchParts;

  constructor(parts: TriggerBatchParts) {
    this.#parts = parts;
  }

  /**
   * @param depth, trace see RunStarts
   * @throws ValidationFailed where triggers ask for times that can't be, with the faults of all
   * @throws PlatformError depth_exceeded, overloaded, storage_unavailable: nobody knows then which runs are stored
   */
  async triggerAll(items: BatchedTrigger[], depth: number, trace: TraceContext | null): Promise<TriggerOutcome[]> {
    const all = this.#pendingOf(items);
    const firsts = new Map<string, Pending>();
    for (const one of all) if (one.key !== null && !firsts.has(one.key.key)) firsts.set(one.key.key, one);
    const firstOf = ({ key }: Pending) => (key === null ? undefined : firsts.get(key.key));
    let left = all.filter((one) => one.key === null || firstOf(one) === one);
    try {
      for (let attempt = 0; attempt < ATTEMPTS && left.length > 0; attempt++) {
        await this.#replay(left);
        left = left.filter(({ outcome }) => outcome === null);
        for (const one of left) one.coming ??= this.#parts.starts.coming(one.input, one.timing, depth, trace, one.key);
        await this.#store(left);
        left = left.filter(({ outcome }) => outcome === null);
      }
    } catch (error) {
      for (const { coming } of left) if (coming !== null) this.#parts.starts.refused(coming, error);
      throw error;
    }
    for (const one of left) this.#refuse(one, new PlatformError("overloaded"));
    return all.map((one) => {
      const first = firstOf(one);
      const isOther = first !== undefined && first.key?.hash !== one.key?.hash;
      const outcome = isOther ? null : (first ?? one).outcome;
      return outcome ?? { error: new PlatformError(isOther ? "idempotency_mismatch" : "internal") };
    });
  }

  #pendingOf(items: BatchedTrigger[]): Pending[] {
    const faults: RequestFault[] = [];
    const { starts, preparing } = this.#parts;
    const all = items.map((item, position): Pending => {
      const loc = ["body", "triggers", position];
      const timing = starts.timingOf(item.input, loc);
      if (timing !== null && "faults" in timing) faults.push(...timing.faults);
      const version = preparing.preparations.likelyVersion(starts.namespace, item.input.workflow_id);
      const common = { loc, coming: null, version, isNewest: false, outcome: null };
      return { ...item, ...common, timing: timing !== null && "faults" in timing ? null : timing };
    });
    if (faults.length > 0) throw new ValidationFailed(faults);
    return all;
  }

  /** Gives triggers whose keys others had before what came of those. */
  async #replay(pending: Pending[]): Promise<void> {
    const keyed = pending.flatMap((one) => (one.key === null ? [] : [{ one, key: one.key }]));
    const kept = await this.#parts.keys.findAll(keyed.map(({ key }) => key));
    for (const [index, { one, key }] of keyed.entries()) {
      const known = kept[index];
      if (!known) continue;
      one.coming?.reservation?.release();
      one.coming = null;
      try {
        one.outcome = { runId: answerOf(known, key) };
      } catch (error) {
        one.outcome = { error: shown(error) };
      }
    }
  }

  /** Stores those that can be by one insert; those that are left without an outcome are to be tried again. */
  async #store(pending: Pending[]): Promise<void> {
    const { runs, starts, preparing } = this.#parts;
    const made = (await Promise.all(pending.map((one) => this.#make(one)))).filter((one) => one !== null);
    const outcomes: Outcome<StoredRun>[] = made.length === 0 ? [] : await runs.insertAll(made.map(({ run }) => run));
    for (const [index, { one, coming, run }] of made.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind !== "ok") {
        this.#refuse(one, outcome?.kind === "error" ? new PlatformError(outcome.code, outcome.subject) : undefined);
        continue;
      }
      const { inserted } = outcome.value;
      if (inserted.unprepared === undefined) {
        const runId = starts.stored(coming, run, outcome.value);
        if (runId === null) one.coming = null;
        else one.outcome = { runId };
        continue;
      }
      one.version = {
        namespace: run.namespace,
        workflowUuid: inserted.workflowUuid,
        version: inserted.workflowVersion,
      };
      one.isNewest = true;
      preparing.preparations.learn(run.workflow, one.version);
    }
  }

  /** Null for one that is refused. */
  async #make(one: Pending): Promise<Made | null> {
    const { coming } = one;
    if (coming === null) return null;
    const { common, asked } = coming;
    try {
      for (;;) {
        const { version } = one;
        const prepare = this.#parts.preparing;
        const made = version === undefined ? unprepared(asked) : await prepare.prepare(version, asked, one.loc);
        if (!("faults" in made)) return { one, coming, run: { ...common, ...made } };
        if (one.isNewest) throw new ValidationFailed(made.faults);
        one.version = await prepare.newestVersion(common.namespace, common.workflow);
        one.isNewest = true;
      }
    } catch (error) {
      if (error instanceof PlatformError && error.retryable) throw error;
      this.#refuse(one, shown(error));
      return null;
    }
  }

  #refuse(one: Pending, error: PlatformError | ValidationFailed = new PlatformError("internal")): void {
    if (one.coming !== null) this.#parts.starts.refused(one.coming, error);
    // Its room is free: it must not be given back again where the rest of the batch fails.
    one.coming = null;
    one.outcome = { error };
  }
}

/** What may be shown of an error. @throws the others */
function shown(error: unknown): PlatformError | ValidationFailed {
  if (error instanceof PlatformError || error instanceof ValidationFailed) return error;
  throw error;
}
