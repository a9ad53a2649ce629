import type { Inbox } from "./inbox.ts";

/** An attempt of a step that waits for a run. */
interface Awaiting {
  /** Its path. */
  attempt: string;
  /** Whether the run is cancelled with it. */
  isCancelled: boolean;
}

/** The runs that the steps of a run have started. */
export class Children {
  /** How many, ever. */
  count = 0;
  /** The attempts that wait for one, by the paths of their steps. */
  readonly #awaited = new Map<string, Awaiting>();
  #left: string[] = [];
  /** The attempts whose runs are cancelled with this one, which waits for their ends. */
  readonly #cancelled = new Set<string>();

  /** How many are waited for. */
  get awaited(): number {
    return this.#awaited.size;
  }

  begin(path: string, awaiting: Awaiting): void {
    this.count++;
    this.#awaited.set(path, awaiting);
  }

  /** The run is cancelled, and the run that a step waits for with it. */
  cancel(path: string): void {
    const awaiting = this.#awaited.get(path);
    if (awaiting?.isCancelled) this.#cancelled.add(awaiting.attempt);
  }

  /** Whether one that was cancelled has not ended. */
  areEnding(inbox: Pick<Inbox, "endOf">): boolean {
    if (this.#cancelled.size === 0) return false;
    return [...this.#cancelled].some((attempt) => inbox.endOf(attempt) === undefined);
  }

  /** A step is over, or its attempt is. `hasEnd`: it took the end of its run; else it leaves the run behind. */
  over(path: string, hasEnd: boolean): void {
    const awaiting = this.#awaited.get(path);
    if (awaiting === undefined) return;
    this.#awaited.delete(path);
    if (!hasEnd) this.#left.push(awaiting.attempt);
  }

  /** The attempts that left their runs behind since this was last asked. */
  takeLeft(): string[] {
    return this.#left.splice(0);
  }
}
