import type { Clock } from "../src/clock.ts";
import { failpoint } from "../src/failpoints.ts";
import type { CompletedEvent, Triggered } from "../src/schemas/event.ts";
import type { FreshRun, Storage } from "../src/storage/port.ts";
import type { Ahead } from "./ahead.ts";
import { type Definitions, definitionKey } from "./definitions.ts";
import type { Holdings } from "./holdings.ts";
import type { PureExecution, PureRun } from "./pure.ts";

/** What is late is claimed, and executed again. */
const LIMIT_MILLISECONDS = 1000;
const MAX_BYTES = 4 * 1024 * 1024;

export interface FreshRunsOptions {
  storage: Storage;
  clock: Clock;
  /** Called when the end of a run is stored. */
  onEnded(event: CompletedEvent): void;
}

/**
 * Ends runs that messages name without claiming them, where all their steps are pure: they are written twice, when they
 * are triggered and when they end, in place of three times. Should somebody else claim one meanwhile, it is his.
 */
export class FreshRuns {
  readonly #options: FreshRunsOptions;
  readonly #definitions: Definitions;
  readonly #holdings: Holdings;
  readonly #ahead: Ahead;
  readonly #pure: PureExecution;

  constructor(
    options: FreshRunsOptions,
    parts: { definitions: Definitions; holdings: Holdings; ahead: Ahead; pure: PureExecution },
  ) {
    this.#options = options;
    this.#definitions = parts.definitions;
    this.#holdings = parts.holdings;
    this.#ahead = parts.ahead;
    this.#pure = parts.pure;
  }

  /**
   * Ends those of the runs for which that is the way; gives the others, which are to be claimed.
   *
   * @throws what the storage throws
   */
  async end(triggered: Triggered[]): Promise<string[]> {
    const all = triggered.map(({ runId }) => runId);
    const likely = triggered.filter(({ workflowId }) => this.#ahead.isPure(workflowId)).map(({ runId }) => runId);
    if (likely.length === 0) return all;
    const release = this.#holdings.reserve("message", likely.length);
    try {
      const ended = await this.#end(likely);
      return all.filter((runId) => !ended.has(runId));
    } finally {
      release();
    }
  }

  async #end(runIds: string[]): Promise<Set<string>> {
    const { storage, clock, onEnded } = this.#options;
    const maxBytes = Math.min(MAX_BYTES, this.#holdings.roomBytes);
    const fresh = await storage.findFresh(runIds, maxBytes);
    const runs = await this.#pureOnes(fresh, clock.now());
    const results = await this.#pure.execute(runs, LIMIT_MILLISECONDS);
    const ends = runs.flatMap(({ uuid }, index) => {
      const end = results[index] ?? null;
      return end === null ? [] : [{ uuid, ...end }];
    });
    if (ends.length === 0) return new Set();
    const outcomes = await storage.endFresh(ends);
    failpoint("end_saved");
    const workflows = new Map(fresh.map(({ uuid, workflowUuid }) => [uuid, workflowUuid]));
    const ended = ends.filter((_, index) => outcomes[index]?.kind === "ok");
    for (const { uuid, status, error } of ended) {
      onEnded({ run_id: uuid, workflow_id: workflows.get(uuid) ?? "", status, error });
    }
    return new Set(ended.map(({ uuid }) => uuid));
  }

  async #pureOnes(fresh: FreshRun[], startedAt: number): Promise<PureRun[]> {
    const definitions = await this.#definitions.load(fresh);
    return fresh.flatMap((run) => {
      const definition = definitionKey(run);
      const steps = definitions.get(definition);
      if (steps === undefined || !this.#pure.isPure(definition, steps) || !this.#pure.isFit(definition)) return [];
      return [{ uuid: run.uuid, payload: run.payload, definition, steps, startedAt }];
    });
  }
}
