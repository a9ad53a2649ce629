import type { RunFacts } from "../../src/language/definition/facts.ts";
import type { Cancel } from "../../src/schemas/control/control.ts";
import type { InboxRow } from "../../src/schemas/log/inbox.ts";
import type { ChildOfStep } from "../../src/schemas/runs/child.ts";
import type { RunEnd } from "../../src/storage/port.ts";

/** What a thread needs of a run that it does not have. */
export interface HandedState {
  /** JSON texts. */
  payload: string;
  log: string;
  /** Null where its definition needs nothing of them. */
  facts: RunFacts | null;
}

/** A run on its way to a thread, as text. */
export interface Handed {
  uuid: string;
  /** The lease that it is executed under. */
  token: number;
  /** Key of its definition: `<workflow uuid>:<version>`. */
  definition: string;
  /** See NewRun. */
  depth: number;
  /** Null where the thread has the run already. */
  state: HandedState | null;
  /** What came into its inbox and was not handed over with this state; absent without. */
  inbox?: InboxRow[];
  /** It is asked to be cancelled; absent for most. */
  cancel?: Cancel;
  /** For log lines; absent where the run has no trace. */
  traceId?: string;
}

/** An effect of a run that is to be started. */
export interface HandedEffect extends Handed {
  path: string;
  /** Until when it may start, on the monotonic clock. */
  effectBy: number;
  /** The header of that name for what it sends; absent where the run has no trace. */
  traceparent?: string;
}

/**
 * The thread for runs that have to be alone, since threads or processes were lost under them, or under their definition. It is in a
 * process of its own.
 */
export const ALONE = -1;

/** Runs that are executed as one task, each until nothing is left but effects and sleeps. */
export interface Execution {
  thread: number;
  runs: Handed[];
  /** JSON text of each definition by its key, for every run that comes with its state. */
  definitions: Map<string, string>;
}

/** Effects that are handed over together. */
export interface EffectExecution {
  thread: number;
  effects: HandedEffect[];
  definitions: Map<string, string>;
}

/** The progress of a run since its thread reported last. */
export interface Advanced {
  /** Counts the reports of a run from 0, since they may arrive out of order. */
  seq: number;
  /** JSON array text of the new log entries; "[]" for a run that ended, unless they tell more than its step results. */
  entries: string;
  /** The entries can't be computed again: the end of an effect, the begin of a wait, or the first of several branches. */
  mustSave: boolean;
  /** The last `seq` of its inbox that it knows of, and those that its steps took; absent without. */
  heard?: number;
  taken?: number[];
  /** Runs that its steps start, and the paths of the attempts that left theirs; absent without. */
  children?: ChildOfStep[];
  left?: string[];
  /** An error that a connector threw and that is no StepFailure, for the log; absent without one. */
  unexpected?: string;
  next:
    | RunEnd
    /** It was stopped after one step, and may go on at once. */
    | { kind: "again" }
    | {
        kind: "wait";
        /** Effects to start, without those that were reported before. */
        ready: ReadyEffect[];
        /** When the run goes on even if no effect ends and nothing comes for it, milliseconds since the epoch; null for never. */
        wakeAt: number | null;
        /** Whether effects of it are under way or to be started. */
        hasEffects: boolean;
        /** How many runs its steps wait for; absent for none. */
        awaited?: number;
      };
}

/** A run that waits for so many runs stays for a while after each piece of news: many others may end soon. */
export const MANY_AWAITED = 8;
const LINGER_MILLISECONDS = 1000;
const SHORT_SLEEP_MILLISECONDS = 10_000;

/**
 * How long a run that only waits stays with its worker and in its thread, so that it need not be claimed again, and made of its log,
 * milliseconds; 0 where it is given back at once.
 *
 * @param awaited runs that its steps wait for
 * @param sleep milliseconds until it goes on by itself
 */
export function lingers(awaited: number, sleep: number): number {
  if (sleep <= SHORT_SLEEP_MILLISECONDS) return SHORT_SLEEP_MILLISECONDS;
  return awaited >= MANY_AWAITED ? LINGER_MILLISECONDS : 0;
}

/** An effect that may be started. */
export interface ReadyEffect {
  path: string;
  /** The host that it acts on; null for none. */
  host: string | null;
}

/** The result of a run: its progress, or that the thread does not have it any more and needs its state. */
export type Executed = { kind: "advanced"; advanced: Advanced } | { kind: "missing" };

/** The result of an effect. */
export type ExecutedEffect = (
  | Executed
  /** Its progress comes with another effect of its run. */
  | { kind: "joined" }
  /** It was not started: the lease had too little time left. */
  | { kind: "late" }
) & {
  /** Gives back the room of the reply that it holds, once; absent where it holds none. */
  release?: () => void;
};

/** What a thread has done since it started. */
export interface Pace {
  /** Rises whenever it goes on with another run. */
  beats: number;
  /** How long it was on a CPU; NaN where the kernel doesn't tell. */
  cpuMilliseconds: number;
}

/** The port of execution: the thread pool in production, an adapter of its own in the simulation. */
export interface Executor {
  /** The thread that has the least to do. */
  freest(): number;
  /** Of each thread that runs share. */
  paces(): Pace[];
  /** One result per run, in order. Rejects with ThreadLost when the thread looped or died: the results are lost with it. */
  execute(execution: Execution): Promise<Executed[]>;
  /** One promise per effect, in order, since one may take long. Each rejects with ThreadLost, guilty 0 for its own run. */
  executeEffects(execution: EffectExecution): Promise<ExecutedEffect>[];
  /** Has a thread give up a run: once this resolves, or rejects with ThreadLost, no step of it begins there. */
  drop(thread: number, run: { uuid: string; token: number }): Promise<void>;
  /** Has a thread begin nothing more of a run, and tell how its effects under way end: from when this resolves on, or rejects with ThreadLost. */
  pause(thread: number, run: { uuid: string; token: number }): Promise<void>;
  close(): Promise<void>;
}

/** The thread of a task is gone, and with it the state of all its runs. */
export class ThreadLost extends Error {
  /** Index of the run that the thread was on; null when it was on another one. */
  readonly guilty: number | null;
  /** For the error of the run; the cause is the original error. */
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
