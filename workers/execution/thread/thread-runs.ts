import type { Plan } from "../../../src/engine/plan/plan.ts";
import { bytesOfText, lru } from "../../../src/lru.ts";
import type { Cancel } from "../../../src/schemas/control/control.ts";
import type { InboxRow } from "../../../src/schemas/log/inbox.ts";
import { type Advanced, type Handed, lingers } from "../port.ts";
import type { Surroundings } from "./surroundings.ts";
import { ThreadRun } from "./thread-run.ts";

/** Of the texts of runs without an effect under way; parsed they take some three times as much. */
const MAX_BYTES = 8 * 1024 * 1024;
/** What a run takes besides, as texts are counted. */
const BYTES_OF_A_STATE = 2048;
/** Of the names of runs that were given up, some thousands. */
const MAX_DROPPED_BYTES = 1024 * 1024;

const NONE: InboxRow[] = [];

type Waiting = Advanced["next"] & { kind: "wait" };

/** The runs that a thread keeps, so that only new entries of them cross. */
export class ThreadRuns {
  /** Effects of these are under way: their state is in use. */
  readonly #busy = new Map<string, ThreadRun>();
  readonly #idle = lru<ThreadRun>({ maxBytes: MAX_BYTES, bytesOf });
  /** The last one that is larger than all of these together. */
  #large: ThreadRun | null = null;
  readonly #beat: () => void;
  /** The how many-th run that was made each is: of two under one claim the later one is the run. */
  readonly #made = new WeakMap<ThreadRun, number>();
  #count = 0;

  /** Runs that were given up, and how often. */
  readonly #dropped = lru<Dropped>({ maxBytes: MAX_DROPPED_BYTES, bytesOf: ({ uuid }) => bytesOfText(uuid) });

  /** `beat`: says now and then that the thread is alive, while a run is made of its log. */
  constructor(beat: () => void = () => {}) {
    this.#beat = beat;
  }

  /** A run that was handed over: made of its state, or as it is known here; undefined where neither is. */
  take(handed: Handed, plan: Plan | undefined): ThreadRun | undefined {
    const { state, inbox = NONE, cancel } = handed;
    if (this.#dropped.size > 0 && this.#isLate(nameOf(handed), cancel)) return undefined;
    if (state !== null && plan !== undefined) {
      const made = new ThreadRun(handed, plan, state, { inbox, cancel, beat: this.#beat });
      // Unclaimed runs have no token, and are never kept.
      if (handed.token !== 0) this.#made.set(made, ++this.#count);
      return made;
    }
    const known = this.#current(handed.uuid);
    if (known?.token !== handed.token) return undefined;
    known.hear(inbox);
    return known;
  }

  /** Advances a run, and keeps it unless it ended, or only waits and does not linger. */
  advance(run: ThreadRun, world: Surroundings): Advanced {
    const advanced = run.advance(world);
    // Unclaimed runs have no token, and are never kept.
    if (run.token === 0) return advanced;
    const { next } = advanced;
    if (next.kind === "again" || (next.kind === "wait" && stays(run, next, world))) this.keep(run);
    else this.#forget(run);
    return advanced;
  }

  /** Keeps a run, unless a newer one took its place. */
  keep(run: ThreadRun): void {
    if (!this.#forget(run)) return;
    if (run.hasEffectsUnderWay) this.#busy.set(run.uuid, run);
    else if (bytesOf(run) > MAX_BYTES) this.#large = run;
    else this.#idle.set(run.uuid, run);
  }

  /** Gives up a run: its effects under way are called off, and their results are ignored. */
  drop(uuid: string, token: number): void {
    const name = nameOf({ uuid, token });
    this.#dropped.set(name, { uuid, times: (this.#dropped.get(name)?.times ?? 0) + 1 });
    const known = this.#current(uuid);
    if (known?.token !== token) return;
    known.callOff();
    this.#forget(known);
  }

  /** Has nothing more of a run begin. */
  pause(uuid: string, token: number): void {
    const known = this.#current(uuid);
    if (known?.token === token) known.pause();
  }

  /**
   * Whether a task was sent before its run was given up. It is given up to be cancelled, and once more where it is not to be undone any
   * further: what is sent later says so.
   */
  #isLate(name: string, cancel: Cancel | undefined): boolean {
    const times = this.#dropped.get(name)?.times ?? 0;
    return times > 0 && (cancel === undefined || (times > 1 && cancel.compensates));
  }

  /**
   * Forgets a run that is over or sleeps, since any worker may go on with it; false where a newer one took its place. An effect that was
   * called off may tell of its run after that was handed over anew under the same claim, to be undone.
   */
  #forget(run: ThreadRun): boolean {
    const { uuid, token } = run;
    const known = this.#current(uuid);
    if (known !== undefined && known.token > token) return false;
    if (known?.token === token && this.#numberOf(known) > this.#numberOf(run)) return false;
    this.#busy.delete(uuid);
    this.#idle.delete(uuid);
    if (this.#large?.uuid === uuid) this.#large = null;
    return true;
  }

  #numberOf(run: ThreadRun): number {
    return this.#made.get(run) ?? 0;
  }

  #current(uuid: string): ThreadRun | undefined {
    return this.#busy.get(uuid) ?? this.#idle.get(uuid) ?? (this.#large?.uuid === uuid ? this.#large : undefined);
  }
}

/** Whether a run that waits is needed soon. */
function stays(run: ThreadRun, { awaited = 0, wakeAt }: Waiting, world: Surroundings): boolean {
  const sleep = wakeAt === null ? Number.POSITIVE_INFINITY : wakeAt - world.now();
  return run.hasEffects || lingers(awaited, sleep) > 0;
}

function bytesOf({ size }: ThreadRun): number {
  return BYTES_OF_A_STATE + 2 * size;
}

interface Dropped {
  uuid: string;
  times: number;
}

/** A run under one claim. */
function nameOf({ uuid, token }: { uuid: string; token: number }): string {
  return `${uuid} ${token}`;
}
