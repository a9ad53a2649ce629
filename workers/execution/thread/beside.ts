import type { RunState } from "../../../src/engine/state/state.ts";
import type { ChildOfStep } from "../../../src/schemas/runs/child.ts";
import type { Advanced } from "../port.ts";

/** What the entries of a run say for others, until it is told with them. */
export class Beside {
  /** An error that a connector threw and that is no StepFailure, for the log; null for none. */
  unexpected: string | null = null;
  #taken: number[] = [];
  #children: ChildOfStep[] = [];

  /** What an entry takes from the inbox, and the run that it starts. */
  add(taken: number | undefined, child: ChildOfStep | undefined): void {
    if (taken !== undefined) this.#taken.push(taken);
    if (child !== undefined) this.#children.push(child);
  }

  /** Has the progress of a run say all that was added, and what its state has for others. A run whose attempt has ended since is not begun. */
  tell(advanced: Advanced, { inbox, children }: RunState): void {
    const left = children.takeLeft();
    const started = this.#children.filter(({ path }) => !left.includes(path));
    if (advanced.next.kind === "wait" && children.awaited > 0) advanced.next.awaited = children.awaited;
    if (inbox.heard > 0) advanced.heard = inbox.heard;
    if (this.#taken.length > 0) advanced.taken = this.#taken;
    if (started.length > 0) advanced.children = started;
    if (left.length > 0) advanced.left = left;
    if (this.unexpected !== null) advanced.unexpected = this.unexpected;
    this.unexpected = null;
    this.#taken = [];
    this.#children = [];
  }
}
