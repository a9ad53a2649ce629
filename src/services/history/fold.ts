/** Events of a run, made of its row, its log and its results. The same ones each time: they are only ever added to. */
import { isoTime } from "../../clock.ts";
import { isObject, type Json } from "../../schemas/json/json.ts";
import { CANCELLED } from "../../schemas/log/interrupted.ts";
import { KEPT } from "../../schemas/log/kept.ts";
import { type LogEntry, PAUSED, parseLog } from "../../schemas/log/log.ts";
import { isWithin, resultsTextOf } from "../../schemas/runs/results.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { RunEvent, RunEventType } from "../../schemas/runs/run-event.ts";
import type { HistoryRows, RunRecord } from "../../storage/port.ts";

const ENDED = { success: "step.succeeded", failed: "step.failed", skipped: "step.skipped" } as const;

/** A step as far as it has come. */
interface Known {
  /** Where it stands; empty where nothing that was read of it says so. */
  path: string;
  startedAt: string | null;
  status: StepResult["status"];
  attempt: number;
  /** When the attempt after one that failed begins, milliseconds since the epoch; null while none failed. */
  wakeAt: number | null;
  /** It failed, and its handler was told so. */
  isHandled: boolean;
}

type Draft = Omit<RunEvent, "id" | "run_id">;

/** Folds what is read of one run, in the order in which it was written, to its events. */
export class EventFold {
  readonly #runId: string;
  readonly #steps = new Map<string, Known>();
  #last = 0;
  #isBegun = false;
  #isCancelling = false;
  /** When the last pause began that was told. */
  #pausedAt: string | null = null;

  constructor(runId: string) {
    this.#runId = runId;
  }

  /** The events of what is new. */
  add({ createdAt, startedAt, pausedAt, workflowUuid, workflowVersion, entries }: HistoryRows): RunEvent[] {
    const drafts: Draft[] = [];
    if (this.#last === 0) {
      const data = { workflow_id: workflowUuid, workflow_version: workflowVersion };
      drafts.push({ at: isoTime(createdAt), type: "run.created", data });
    }
    if (!this.#isBegun && startedAt !== null) {
      this.#isBegun = true;
      drafts.push({ at: isoTime(startedAt), type: "run.started", data: {} });
    }
    for (const entry of parseLog(entries)) drafts.push(...this.#ofEntry(entry));
    // While it stands still nothing comes into its log: the entry of the pause is the next, and tells of it at the same place.
    if (pausedAt !== null) drafts.push(...this.#paused(isoTime(pausedAt)));
    return this.#numbered(drafts);
  }

  /** The last events, of a run that is over: what its results say of steps beyond its log, and its end. */
  end(run: RunRecord): RunEvent[] {
    const { completedAt, status, error, errorDetails } = run;
    const results: Record<string, StepResult> = JSON.parse(resultsTextOf(run));
    const data: RunEvent["data"] = { status, error };
    if (errorDetails !== null) data.error_details = JSON.parse(errorDetails);
    const ended: Draft = { at: isoTime(completedAt ?? 0), type: "run.ended", data };
    return this.#numbered([...this.#ofResults(Object.values(results)), ended]);
  }

  #numbered(drafts: Draft[]): RunEvent[] {
    return drafts.map(({ at, type, ...rest }) => ({ id: ++this.#last, at, type, run_id: this.#runId, ...rest }));
  }

  #ofEntry([path, result, wakeAt]: LogEntry): Draft[] {
    const { status, error, details } = result;
    // The results of the run have the times of what it keeps of another one.
    if (path === KEPT) return [];
    if (path === PAUSED) return this.#pause(result);
    if (status !== "running") return [...this.#cancelling(result), ...this.#ended(path, result)];
    const before = this.#steps.get(result.step_name);
    const isSame = before?.startedAt === result.started_at && before.status === "running";
    const attempt = result.attempts ?? 1;
    if (error === null) {
      if (isSame && attempt === before.attempt && before.wakeAt === null) return [];
      this.#steps.set(result.step_name, known(path, result, attempt));
      const signals = isObject(details) && details.signals !== undefined ? { waits_for: details.signals } : {};
      const data = { ...attemptOf(attempt), ...(wakeAt === null ? {} : { wake_at: isoTime(wakeAt) }), ...signals };
      return [step("step.started", isSame ? begin(before, result) : result.started_at, path, result, data)];
    }
    const drafts = isSame ? [] : [step("step.started", result.started_at, path, result, {})];
    this.#steps.set(result.step_name, { ...known(path, result, attempt), wakeAt, isHandled: wakeAt === null });
    const at = timeOf(result.error_details, result.started_at);
    const waits = wakeAt === null ? { handled: true } : { wake_at: isoTime(wakeAt) };
    const type = wakeAt === null ? "step.failed" : "step.retrying";
    return [...drafts, step(type, at, path, result, { attempt, ...failure(result), ...waits })];
  }

  /** The entry is written when the run goes on. */
  #pause({ started_at, completed_at }: StepResult): Draft[] {
    return [...this.#paused(started_at ?? ""), { at: completed_at ?? "", type: "run.resumed", data: {} }];
  }

  #paused(at: string): Draft[] {
    if (at === this.#pausedAt) return [];
    this.#pausedAt = at;
    return [{ at, type: "run.paused", data: {} }];
  }

  /** The first step that is called off since the run is cancelled. */
  #cancelling({ error, completed_at }: StepResult): Draft[] {
    if (error !== CANCELLED.error || this.#isCancelling) return [];
    this.#isCancelling = true;
    return [{ at: completed_at ?? "", type: "run.cancelling", data: {} }];
  }

  /** The end of a step, with its begin where nothing said that yet. */
  #ended(told: string, result: StepResult): Draft[] {
    const before = this.#steps.get(result.step_name);
    const path = told === "" ? (before?.path ?? "") : told;
    const isKnown = before !== undefined && before.startedAt === result.started_at;
    if (isKnown && before.status === result.status) return [];
    const attempt = result.attempts ?? 1;
    this.#steps.set(result.step_name, known(path, result, attempt));
    const began: Draft[] = [];
    if (isKnown && before.wakeAt !== null && attempt > before.attempt) {
      began.push(step("step.started", begin(before, result), path, result, { attempt }));
    }
    if (!isKnown && result.status !== "skipped") began.push(step("step.started", result.started_at, path, result, {}));
    began.push(...received(path, result));
    // Its failure was told when its handler began.
    if (isKnown && before.isHandled && result.handled === true) return began;
    const type = ENDED[result.status === "success" || result.status === "skipped" ? result.status : "failed"];
    const data = { ...attemptOf(attempt), ...(result.error === null ? {} : failure(result)) };
    return [...began, step(type, result.completed_at, path, result, data)];
  }

  /** Steps hold others: the end of a step comes behind the events of those within it. Then all by their times. */
  #ofResults(results: StepResult[]): Draft[] {
    const drafts: Draft[] = [];
    const open: { address: string; ends: Draft[] }[] = [];
    const close = (next: string | null) => {
      for (
        let last = open.at(-1);
        last !== undefined && !(next !== null && isWithin(next, last.address));
        last = open.at(-1)
      ) {
        drafts.push(...last.ends);
        open.pop();
      }
    };
    for (const result of results) {
      const { step_name: address, path = "" } = result;
      close(address);
      if (result.status === "pending" || result.status === "running") continue;
      const told = this.#ended(path, result);
      drafts.push(...told.slice(0, -1));
      open.push({ address, ends: told.slice(-1) });
    }
    close(null);
    return drafts.toSorted((first, second) => (first.at < second.at ? -1 : first.at > second.at ? 1 : 0));
  }
}

function known(path: string, { started_at, status }: StepResult, attempt: number): Known {
  return { path, startedAt: started_at, status, attempt, wakeAt: null, isHandled: false };
}

/** When the attempt of a step began that is known to have been waited for. */
function begin({ wakeAt }: Known, { started_at }: StepResult): string | null {
  return wakeAt === null ? started_at : isoTime(wakeAt);
}

function step(type: RunEventType, at: string | null, path: string, result: StepResult, data: RunEvent["data"]): Draft {
  // Of steps at the top whose results alone tell of them, the place is not stored.
  const place = path === "" ? {} : { path };
  return { at: at ?? result.completed_at ?? "", type, address: result.step_name, ...place, data };
}

function attemptOf(attempt: number): RunEvent["data"] {
  return attempt === 1 ? {} : { attempt };
}

function failure({ error, error_details, handled }: StepResult): RunEvent["data"] {
  const details = error_details === undefined ? {} : { error_details };
  return { error, ...details, ...(handled === true ? { handled } : {}) };
}

function timeOf(details: StepResult["error_details"], otherwise: string | null): string | null {
  return details?.at ?? otherwise;
}

/** A signal that a step took: it came before. What children tell is no signal. */
function received(path: string, result: StepResult): Draft[] {
  const { details } = result;
  if (!isObject(details)) return [];
  const { signal, signal_id, received_at } = details;
  if (typeof signal !== "string" || typeof received_at !== "string") return [];
  const data: Record<string, Json> = { signal, ...(signal_id === undefined ? {} : { signal_id }) };
  return [step("signal.received", received_at, path, result, data)];
}
