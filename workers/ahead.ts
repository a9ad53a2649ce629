import type { Logger } from "pino";
import type { Clock } from "../src/clock.ts";
import { Coalescer } from "../src/coalescer.ts";
import type { StepTypes } from "../src/connectors/index.ts";
import { messageOf } from "../src/errors.ts";
import type { ComingRun } from "../src/messaging/port.ts";
import type { Step } from "../src/schemas/workflow.ts";
import type { EndedRun, VersionKey } from "../src/storage/port.ts";
import { within } from "../src/waiting.ts";
import { type Definitions, definitionKey } from "./definitions.ts";
import { type Executor, ThreadLost } from "./execution.ts";
import type { SuspectDefinitions } from "./suspects.ts";

const MAX_WORKFLOWS = 1000;
/** A trigger waits no longer for it than this: what is late is stored as claimed, and executed again. */
const LIMIT_MILLISECONDS = 50;
/** After one that was late runs go the usual way for so long. */
const PAUSE_MILLISECONDS = 5000;

export interface AheadOptions {
  executor: Executor;
  types: StepTypes;
  clock: Clock;
  log: Logger;
}

/** A workflow of pure steps alone, as a trigger found it last. */
interface PureWorkflow {
  key: VersionKey;
  /** JSON text. */
  steps: string;
}

/**
 * Executes runs before they are stored, where all their steps are pure: such a run is one row, written once, in place of a
 * row that is claimed and another write for its end. Whether the workflow still has the version that was executed is for
 * the insert to say.
 */
export class Ahead {
  readonly #options: AheadOptions;
  readonly #definitions: Definitions;
  readonly #suspects: SuspectDefinitions;
  readonly #runs: Coalescer<{ run: ComingRun; workflow: PureWorkflow }, EndedRun | null>;
  /** By the reference that triggers use; null for those with other steps. */
  readonly #workflows = new Map<string, { version: number; pure: PureWorkflow | null }>();
  #pausedUntil = 0;

  constructor(options: AheadOptions, definitions: Definitions, suspects: SuspectDefinitions) {
    this.#options = options;
    this.#definitions = definitions;
    this.#suspects = suspects;
    this.#runs = new Coalescer({
      clock: options.clock,
      flushes: 4,
      sizeOf: ({ run }) => 200 + run.payload.length,
      flush: (items) => this.#execute(items),
    });
  }

  /** What the run comes to; null where it has to go the usual way. */
  execute(run: ComingRun): Promise<EndedRun | null> | null {
    const workflow = this.#workflows.get(run.workflow)?.pure ?? null;
    if (workflow === null || this.#options.clock.monotonic() < this.#pausedUntil) return null;
    if (this.#suspects.has(definitionKey(workflow.key))) return null;
    return this.#runs.add({ run, workflow });
  }

  /** A trigger by this reference found this version. */
  learn(reference: string, key: VersionKey): void {
    const known = this.#workflows.get(reference);
    if (known?.version === key.version && (known.pure?.key.workflowUuid ?? key.workflowUuid) === key.workflowUuid)
      return;
    // Until the definition is read nothing is executed by the old one.
    this.#keep(reference, { version: key.version, pure: null });
    this.#definitions.load([key]).then(
      (found) => {
        const steps = found.get(definitionKey(key));
        if (steps !== undefined && this.#isPure(steps)) {
          this.#keep(reference, { version: key.version, pure: { key, steps } });
        }
      },
      (error: unknown) => {
        this.#workflows.delete(reference);
        this.#options.log.debug({ error: messageOf(error) }, "definition not read; its runs go the usual way");
      },
    );
  }

  async #execute(items: { run: ComingRun; workflow: PureWorkflow }[]): Promise<(EndedRun | null)[]> {
    const { executor, clock, log } = this.#options;
    const definitions = new Map(items.map(({ workflow: { key, steps } }) => [definitionKey(key), steps]));
    const runs = items.map(({ run: { uuid, payload }, workflow: { key } }) => ({
      uuid,
      token: 0,
      definition: definitionKey(key),
      payload,
      log: "[]",
    }));
    const executed = executor.execute({ runs, definitions, effectBy: null, alone: false });
    // Known even if it is too late for these: executed the usual way, the run is found out and charged.
    executed.catch((error: unknown) => {
      const guilty = error instanceof ThreadLost && error.guilty !== null ? runs[error.guilty] : undefined;
      if (guilty !== undefined) this.#suspects.add(guilty.definition);
    });
    try {
      const results = await within(clock, LIMIT_MILLISECONDS, executed, new Error("late"));
      return items.map(({ run: { startedAt }, workflow: { key } }, index) => {
        const next = results[index]?.next;
        return next?.kind === "end" ? { ...key, startedAt, ...next } : null;
      });
    } catch (error) {
      this.#pausedUntil = clock.monotonic() + PAUSE_MILLISECONDS;
      log.debug({ error: messageOf(error), runs: items.length }, "not executed ahead; the runs go the usual way");
      return items.map(() => null);
    }
  }

  #isPure(text: string): boolean {
    const steps: Step[] = JSON.parse(text);
    return steps.every(({ type }) => this.#options.types.get(type)?.connector.kind === "pure");
  }

  #keep(reference: string, workflow: { version: number; pure: PureWorkflow | null }): void {
    if (!this.#workflows.has(reference) && this.#workflows.size >= MAX_WORKFLOWS) {
      this.#workflows.delete(this.#workflows.keys().next().value ?? "");
    }
    this.#workflows.set(reference, workflow);
  }
}
