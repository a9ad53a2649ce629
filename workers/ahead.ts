import type { Logger } from "pino";
import type { Clock } from "../src/clock.ts";
import { Coalescer } from "../src/coalescer.ts";
import { messageOf } from "../src/errors.ts";
import type { ComingRun } from "../src/messaging/port.ts";
import type { EndedRun, VersionKey } from "../src/storage/port.ts";
import { type Definitions, definitionKey } from "./definitions.ts";
import type { PureExecution } from "./pure.ts";

const MAX_WORKFLOWS = 1000;
/** A trigger waits no longer for it than this: what is late is stored as claimed, and executed again. */
const LIMIT_MILLISECONDS = 50;

export interface AheadOptions {
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
  readonly #pure: PureExecution;
  readonly #runs: Coalescer<{ run: ComingRun; workflow: PureWorkflow }, EndedRun | null>;
  /** By the reference that triggers use; null for those with other steps. */
  readonly #workflows = new Map<string, { version: number; pure: PureWorkflow | null }>();

  constructor(options: AheadOptions, definitions: Definitions, pure: PureExecution) {
    this.#options = options;
    this.#definitions = definitions;
    this.#pure = pure;
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
    if (workflow === null || !this.#pure.isFit(definitionKey(workflow.key))) return null;
    return this.#runs.add({ run, workflow });
  }

  /** A trigger by this reference found this version; its definition is read unless it is known. */
  learn(reference: string, key: VersionKey): void {
    const known = this.#workflows.get(reference);
    if (known?.version === key.version && (known.pure?.key.workflowUuid ?? key.workflowUuid) === key.workflowUuid)
      return;
    // Until the definition is read nothing is executed by the old one.
    this.#keep(reference, { version: key.version, pure: null });
    this.#definitions.load([key]).then(
      (found) => {
        const name = definitionKey(key);
        const steps = found.get(name);
        if (steps !== undefined && this.#pure.reachOf(name, steps) === "end") {
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
    const runs = items.map(({ run: { uuid, payload }, workflow: { key, steps } }) => {
      return { uuid, payload, definition: definitionKey(key), steps };
    });
    const results = await this.#pure.execute(runs, LIMIT_MILLISECONDS);
    return items.map(({ run: { startedAt }, workflow: { key } }, index) => {
      const next = results[index]?.next;
      return next?.kind === "end" ? { ...key, startedAt, ...next } : null;
    });
  }

  #keep(reference: string, workflow: { version: number; pure: PureWorkflow | null }): void {
    if (!this.#workflows.has(reference) && this.#workflows.size >= MAX_WORKFLOWS) {
      this.#workflows.delete(this.#workflows.keys().next().value ?? "");
    }
    this.#workflows.set(reference, workflow);
  }
}
