import type { Clock } from "../src/clock.ts";
import { failpoint } from "../src/failpoints.ts";
import { isUuid } from "../src/ids.ts";
import type { CompletedEvent, Triggered } from "../src/schemas/event.ts";
import type { FreshProgress, FreshRun, Storage } from "../src/storage/port.ts";
import type { Advanced } from "./advance.ts";
import { type Definitions, definitionKey } from "./definitions.ts";
import type { Holdings } from "./holdings.ts";
import type { PureExecution, PureRun } from "./pure.ts";
import { RecentKeys } from "./recent.ts";

/** What is late is claimed, and executed again. */
const LIMIT_MILLISECONDS = 1000;
const MAX_BYTES = 4 * 1024 * 1024;
/** How long a workflow is known for runs that come to an effect first. */
const KNOWN_MILLISECONDS = 60_000;

export interface FreshRunsOptions {
  storage: Storage;
  clock: Clock;
  /** Called when a run sleeps until a time, milliseconds since the epoch. */
  onGivenBack(dueAt: number): void;
  /** Called when the end of a run is stored. */
  onEnded(event: CompletedEvent): void;
}

/**
 * Executes runs that messages name without claiming them, up to their end or first sleep, where no effect comes before
 * that: they are written twice, when they are triggered and with that, in place of three times. Should somebody else claim
 * one meanwhile, it is his.
 */
export class FreshRuns {
  readonly #options: FreshRunsOptions;
  readonly #definitions: Definitions;
  readonly #holdings: Holdings;
  readonly #pure: PureExecution;
  /** Workflows whose runs have to be claimed. */
  readonly #effectful: RecentKeys;

  constructor(options: FreshRunsOptions, parts: { definitions: Definitions; holdings: Holdings; pure: PureExecution }) {
    this.#options = options;
    this.#definitions = parts.definitions;
    this.#holdings = parts.holdings;
    this.#pure = parts.pure;
    this.#effectful = new RecentKeys(options.clock, KNOWN_MILLISECONDS);
  }

  /**
   * Takes those of the runs as far as they go for which that is the way; gives the others that may be new, which are to be
   * claimed.
   *
   * @throws what the storage throws
   */
  async advance(triggered: Triggered[]): Promise<string[]> {
    const all = triggered.map(({ runId }) => runId);
    const likely = triggered.filter(({ workflowId }) => !this.#effectful.has(workflowId));
    if (likely.length === 0) return all;
    const release = this.#holdings.reserve("message", likely.length);
    try {
      const done = await this.#advance(likely);
      return all.filter((runId) => !done.has(runId));
    } finally {
      release();
    }
  }

  async #advance(triggered: Triggered[]): Promise<Set<string>> {
    const { storage, clock } = this.#options;
    const startedAt = clock.now();
    // What a message says of its run saves reading it: should that be wrong, nothing of it is stored.
    const told = new Map(triggered.flatMap(toldRun).map((run) => [run.uuid, run]));
    const asked = triggered.map(({ runId }) => runId).filter((runId) => !told.has(runId));
    const { fresh: found, taken } = await storage.findFresh(asked, Math.min(MAX_BYTES, this.#holdings.roomBytes));
    const fresh = [...told.values(), ...found];
    const runs = await this.#fitOnes(fresh);
    const results = await this.#pure.execute(runs, LIMIT_MILLISECONDS);
    const items = runs.flatMap(({ uuid }, index) => {
      const next = nextOf(results[index] ?? null);
      return next === null ? [] : [{ uuid, startedAt, told: told.get(uuid) ?? null, next }];
    });
    if (items.length === 0) return new Set(taken);
    const outcomes = await storage.saveFresh(items);
    failpoint(items.some(({ next }) => next.kind === "end") ? "end_saved" : "progress_saved");
    const saved = items.filter((_, index) => outcomes[index]?.kind === "ok");
    this.#tell(saved, fresh);
    return new Set([...taken, ...saved.map(({ uuid }) => uuid)]);
  }

  async #fitOnes(fresh: FreshRun[]): Promise<PureRun[]> {
    const definitions = await this.#definitions.load(fresh);
    return fresh.flatMap((run) => {
      const definition = definitionKey(run);
      const steps = definitions.get(definition);
      if (steps === undefined || !this.#pure.isFit(definition)) return [];
      if (this.#pure.reachOf(definition, steps) === "effect") {
        this.#effectful.add(run.workflowUuid);
        return [];
      }
      return [{ uuid: run.uuid, payload: run.payload, definition, steps }];
    });
  }

  #tell(saved: FreshProgress[], fresh: FreshRun[]): void {
    const { onGivenBack, onEnded } = this.#options;
    const workflows = new Map(fresh.map(({ uuid, workflowUuid }) => [uuid, workflowUuid]));
    for (const { uuid, next } of saved) {
      if (next.kind === "sleep") onGivenBack(next.dueAt);
      else {
        const { status, error } = next;
        onEnded({ run_id: uuid, workflow_id: workflows.get(uuid) ?? "", status, error });
      }
    }
  }
}

/** The run as its message says it was stored; none where the message does not say. */
function toldRun({ runId, workflowId, stored }: Triggered): FreshRun[] {
  return stored === null || !isUuid(workflowId)
    ? []
    : [{ uuid: runId, workflowUuid: workflowId.toLowerCase(), ...stored }];
}

/** What is to be written; null for a run that has to be claimed. */
function nextOf(advanced: Advanced | null): FreshProgress["next"] | null {
  if (advanced === null) return null;
  const { next, entries } = advanced;
  if (next.kind === "end") return next;
  return next.kind === "sleep" ? { kind: "sleep", dueAt: next.wakeAt, entries } : null;
}
