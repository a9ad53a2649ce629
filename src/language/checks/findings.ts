import type { RequestFault } from "../../errors.ts";

/** What the checks of a definition found. */
export class Findings {
  readonly faults: RequestFault[] = [];
  readonly warnings: RequestFault[] = [];
  readonly #most: number;

  /** @param most how many of each are looked for */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether enough faults were found. */
  get isFull(): boolean {
    return this.faults.length >= this.#most;
  }

  refuse(...faults: RequestFault[]): void {
    for (const fault of faults) if (!this.isFull) this.faults.push(fault);
  }

  warn(...warnings: RequestFault[]): void {
    for (const warning of warnings) if (this.warnings.length < this.#most) this.warnings.push(warning);
  }
}
