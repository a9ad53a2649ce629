import type { ChildOfStep } from "../../../src/schemas/child.ts";
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

  /** All that was added; `left`: the attempts that wait for their runs no more. A run that was started since then is not begun. */
  take(left: string[]): Pick<Advanced, "taken" | "children" | "left" | "unexpected"> {
    const { unexpected } = this;
    this.unexpected = null;
    const taken = this.#taken.splice(0);
    const children = this.#children.splice(0).filter(({ path }) => !left.includes(path));
    return {
      ...(taken.length > 0 && { taken }),
      ...(children.length > 0 && { children }),
      ...(left.length > 0 && { left }),
      ...(unexpected !== null && { unexpected }),
    };
  }
}
