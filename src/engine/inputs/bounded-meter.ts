import type { Meter } from "../state/scope.ts";
import { NotKnown } from "./gaps.ts";

/** Units that all expressions of one input may cost, those included that say what it reads: a tenth of a second, mostly. */
const MAX_UNITS = 400_000;

/** Of these so many for each field that fails: a list of 1 MiB that is too large takes 10 ms. */
const UNITS_OF_A_FAILURE = 20_000;

/** Counts what expressions cost, until that is too much. */
export class BoundedMeter implements Meter {
  #units = 0;

  get units(): number {
    return this.#units;
  }

  /** @throws NotKnown */
  set units(units: number) {
    this.#units = units;
    this.check();
  }

  /** Counts a field that failed. */
  fail(): void {
    this.#units += UNITS_OF_A_FAILURE;
  }

  /** @throws NotKnown where no more may be computed */
  check(): void {
    if (this.#units > MAX_UNITS) throw new NotKnown("too_costly");
  }
}
