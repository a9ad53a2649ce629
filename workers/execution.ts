import type { Advanced } from "./advance.ts";

/** A run on its way to a thread, as text. */
export interface Handed {
  uuid: string;
  /** The lease that it is executed under. */
  token: number;
  /** Key of its definition: `<workflow uuid>:<version>`. */
  definition: string;
  payload: string;
  log: string;
  /** See NewRun. */
  depth: number;
}

/** Runs that are executed as one task, each up to its next effect. */
export interface Execution {
  runs: Handed[];
  /** JSON text of the steps by definition key, for every key that the runs name. */
  definitions: Map<string, string>;
  /** On a thread where nothing else runs: for runs that a thread was lost under, or of a definition that it was. */
  alone: boolean;
}

/** Runs whose next step is an effect, handed over together. */
export interface EffectExecution extends Execution {
  /** Until when the effect of each run may start, on the monotonic clock. */
  effectBy: number[];
}

/** The port of whatever executes: the pool in production, the simulation in its test. */
export interface Executor {
  /** One result per run, in order. Rejects with ThreadLost when the thread looped or died; nothing is known then. */
  execute(execution: Execution): Promise<Advanced[]>;
  /** One promise per run, in order, since one effect may take long. Each rejects with ThreadLost, guilty 0 for its own run. */
  executeEffects(execution: EffectExecution): Promise<Advanced>[];
  close(): Promise<void>;
}

/** The thread of a task is gone. */
export class ThreadLost extends Error {
  /** Index of the run that the thread was on; null when it was on another one. */
  readonly guilty: number | null;
  /** What happened, for the run's error; the cause has the words of whatever noticed it. */
  readonly reason: string;
  /** False when the run was only too slow beside others: alone it gets more time. */
  readonly charged: boolean;

  constructor(guilty: number | null, reason: string, charged: boolean, cause?: unknown) {
    super(`A thread was lost: ${reason}`, { cause });
    this.guilty = guilty;
    this.reason = reason;
    this.charged = charged;
  }
}
