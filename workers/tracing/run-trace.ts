import { timeOfId } from "../../src/ids.ts";
import type { Step } from "../../src/language/definition/step.ts";
import { type LogEntry, parseLog } from "../../src/schemas/log/log.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import type { RunEnd, VersionKey } from "../../src/storage/port.ts";
import {
  derivedSpanId,
  derivedTraceId,
  parseTraceparent,
  type TraceContext,
  traceparentOf,
} from "../../src/tracing/context.ts";
import type { Span } from "../../src/tracing/port.ts";
import { type Attempt, Attempts, timeOf } from "./attempts.ts";
import { shownError } from "./description.ts";

/** A run as its row has it. */
export interface TracedRun extends VersionKey {
  uuid: string;
  traceparent: string | null;
}

/** The steps at the top of a definition. */
type TopSteps = readonly Pick<Step, "name" | "type">[];

/**
 * The trace of a run that has one. Its ids are derived from run, path and attempt, and its spans are made of the log and the
 * results: no process has to tell another.
 */
export class RunTrace {
  readonly run: TracedRun;
  readonly #parent: TraceContext;
  readonly #attempts = new Attempts();

  private constructor(run: TracedRun, parent: TraceContext) {
    this.run = run;
    this.#parent = parent;
  }

  /** Null for a run without one. `log` is JSON array text. */
  static of(run: TracedRun, log: string): RunTrace | null {
    const parent = run.traceparent === null ? null : parseTraceparent(run.traceparent);
    if (parent === null) return null;
    const trace = new RunTrace(run, parent);
    trace.add(log);
    return trace;
  }

  /** Takes new entries of the log: JSON array text. */
  add(log: string): void {
    if (this.isSampled) for (const entry of parseLog(log)) this.#attempts.add(entry);
  }

  /** A trace that is not is passed on as it came. */
  get isSampled(): boolean {
    return this.#parent.isSampled;
  }

  /** The trace that the run is in now. */
  get traceId(): string {
    return this.#traceId(this.#attempts.stage);
  }

  /** The header `traceparent` of what a step does next. */
  headerFor(path: string): string {
    if (!this.isSampled) return traceparentOf(this.#parent);
    const { number, stage } = this.#attempts.acting(path);
    return traceparentOf(this.#stepSpan(path, number, stage));
  }

  /** Whether a run that is given back until a time sleeps so long that it goes on in another trace. */
  sleepsLong(until: number): boolean {
    return this.#attempts.sleepsLong(until);
  }

  /** The spans of the run since it began, or since its last long sleep; `end` is null where it sleeps long again. */
  spans(end: RunEnd | null, now: number, steps: TopSteps): Span[] {
    if (end !== null) for (const entry of entriesOf(end, steps)) this.#attempts.add(entry);
    const { stage } = this.#attempts;
    const attempts = this.#attempts.ofStage(stage);
    return [this.#ofRun(end, now), ...attempts.map((attempt) => this.#ofAttempt(attempt, now, steps))];
  }

  #ofRun(end: RunEnd | null, now: number): Span {
    const { uuid, workflowUuid, version } = this.run;
    const { stage, stageStartedAt } = this.#attempts;
    return {
      context: this.#runSpan(stage),
      parentSpanId: stage === 0 ? this.#parent.spanId : null,
      name: "run",
      kind: "consumer",
      startedAt: stageStartedAt ?? timeOfId(uuid) ?? now,
      endedAt: now,
      attributes: {
        "workflow.run_id": uuid,
        "workflow.id": workflowUuid,
        "workflow.version": version,
        "workflow.run_status": end?.status ?? "running",
      },
      error: end?.status === "failed" ? shownError(end.error ?? "") : null,
      link: stage === 0 ? null : this.#parent,
    };
  }

  #ofAttempt({ path, number, stage, startedAt, endedAt, description }: Attempt, now: number, steps: TopSteps): Span {
    const { name, type = steps[Number(path)]?.type ?? "unknown", status, attributes, error } = description;
    return {
      context: this.#stepSpan(path, number, stage),
      parentSpanId: this.#parentOf(path, stage).spanId,
      name: `step ${type}`,
      kind: type === "webhook" ? "client" : "internal",
      startedAt,
      endedAt: endedAt ?? now,
      attributes: {
        "workflow.step": name,
        "workflow.path": path,
        "workflow.attempt": number,
        "workflow.step_status": status,
        ...attributes,
      },
      error,
      link: null,
    };
  }

  /** The span of the container around a step, unless that is of another trace. */
  #parentOf(path: string, stage: number): TraceContext {
    const [, container, attempt = "1"] = /^(.*?)(?:~(\d+))?\/[^/]*\/[^/]*$/.exec(path) ?? [];
    if (container !== undefined && this.#attempts.find(container, Number(attempt))?.stage === stage) {
      return this.#stepSpan(container, Number(attempt), stage);
    }
    return this.#runSpan(stage);
  }

  #runSpan(stage: number): TraceContext {
    return this.#stepSpan("run", 1, stage);
  }

  #stepSpan(path: string, attempt: number, stage: number): TraceContext {
    const spanId = derivedSpanId(this.run.uuid, path, attempt, stage);
    return { traceId: this.#traceId(stage), spanId, isSampled: this.isSampled };
  }

  #traceId(stage: number): string {
    return stage === 0 ? this.#parent.traceId : derivedTraceId(this.run.uuid, stage);
  }
}

/**
 * The results of steps as entries of the log, in the order in which the steps ended: a container after what is within it, as a log has
 * them. Those of steps at the top do not all say their path.
 */
function entriesOf({ stepResults }: RunEnd, steps: TopSteps): LogEntry[] {
  const results: Record<string, StepResult> = JSON.parse(stepResults);
  const entries = Object.values(results).flatMap((result): LogEntry[] => {
    const path = result.path ?? String(steps.findIndex(({ name }) => name === result.step_name));
    return path === "-1" ? [] : [[path, result, null]];
  });
  return entries.sort(
    ([path, one], [otherPath, other]) =>
      timeOf(one.completed_at) - timeOf(other.completed_at) || otherPath.length - path.length,
  );
}
