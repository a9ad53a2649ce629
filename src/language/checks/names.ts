/** The names of the steps of a list that come before where one stands, and of the lists around it. */
export class Names {
  readonly #own = new Set<string>();
  readonly #outer: Names | null;

  constructor(outer: Names | null) {
    this.#outer = outer;
  }

  add(name: string): void {
    this.#own.add(name);
  }

  isTaken(name: string): boolean {
    return this.#own.has(name);
  }

  /** Whether a step of a list around this one has the name. */
  isVisible(name: string): boolean {
    return this.#outer !== null && (this.#outer.isTaken(name) || this.#outer.isVisible(name));
  }
}
