/** What one expression may cost. A unit is about a quarter of a microsecond. */
export const MAX_UNITS = 100_000;

/**
 * What an expression may still cost. It is charged before the work is done; once it is overdrawn it stays so, and whatever
 * the expression goes on to give is an error.
 */
export class Budget {
  #left: number;
  readonly #units: number;

  constructor(units: number = MAX_UNITS) {
    this.#units = units;
    this.#left = units;
  }

  /** Units that were charged so far, at most all that there were. */
  get spent(): number {
    return this.#units - Math.max(0, this.#left);
  }

  /** @throws Overdrawn when it costs more than is left */
  spend(units: number): void {
    this.#left -= units;
    if (this.#left < 0) throw OVERDRAWN;
  }

  /** One unit for each 16 characters of a text that is read, compared or built, or keys of a map that are listed. */
  spendCharacters(count: number): void {
    this.spend(Math.floor(count / 16));
  }
}

/** Thrown by a budget. One for all, without a stack: throwing it costs next to nothing. */
class Overdrawn {
  readonly message = "It costs too much";
}
const OVERDRAWN = new Overdrawn();

/** Why an expression gives no value. No Error: those take a stack along, and `exists` may absorb thousands. */
export class Failure {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

/** Ends the evaluation with an error of the expression's author or of its values. */
export function fail(message: string): never {
  throw new Failure(message);
}

/** The failure that was thrown; anything else, such as an overdrawn budget or a mistake of ours, is thrown on. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  throw thrown;
}

/** Of an error that `||`, `&&`, `all` or `exists` absorb: throwing is dearer than anything else a node does. */
export const COST_OF_ERROR = 10;

export function isOverdrawn(thrown: unknown): boolean {
  return thrown === OVERDRAWN;
}
