import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import type { Definition } from "../../src/language/definition/workflow.ts";
import { nameOfVersion } from "../../src/schemas/runs/run.ts";
import type { Next, RunEnd } from "../../src/storage/port.ts";
import type { Tracing } from "../../src/tracing/port.ts";
import type { Definitions } from "../definitions/definitions.ts";
import { namesOf } from "./names.ts";
import type { RunTrace } from "./run-trace.ts";

export interface RunSpansOptions {
  /** Null while traces are off. */
  tracing: Tracing | null;
  clock: Clock;
  log: Logger;
}

/** Makes the spans of runs when they end or go to a long sleep, in the process that wrote that. */
export class RunSpans {
  readonly #options: RunSpansOptions;
  readonly #definitions: Definitions;

  constructor(options: RunSpansOptions, definitions: Definitions) {
    this.#options = options;
    this.#definitions = definitions;
  }

  /** It is stored how a run goes on; `trace` is null where it has none. */
  stored(trace: RunTrace | null, next: Next): void {
    const { tracing, clock } = this.#options;
    if (tracing === null || trace === null || !trace.isSampled) return;
    const isOver =
      next.kind === "end" || (next.kind === "due" && trace.sleepsLong(next.dueAt ?? Number.POSITIVE_INFINITY));
    if (!isOver) return;
    this.#send(tracing, trace, next.kind === "end" ? next : null, clock.now());
  }

  /** The definition of a run that went on just now is in memory still. */
  async #send(tracing: Tracing, trace: RunTrace, end: RunEnd | null, now: number): Promise<void> {
    const { run } = trace;
    try {
      const definitions = await this.#definitions.load([run]);
      const { steps }: Definition = JSON.parse(definitions.get(nameOfVersion(run)) ?? '{"steps":[]}');
      for (const span of trace.spans(end, now, steps)) tracing.end(span);
    } catch (error) {
      this.#options.log.warn({ ...namesOf({ run, trace }), error: messageOf(error) }, "spans of a run not sent");
    }
  }
}
