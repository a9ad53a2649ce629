/** The names of the steps of a list that come before where one stands, and of the lists around it. */
export class Names {
  readonly #own = new Set<string>();
  readonly #outer: Names | null;
  /** The step that one is at: it is over for no step within it. */
  #current: string | null = null;

  constructor(outer: Names | null) {
    this.#outer = outer;
  }

  /** Goes into the next step of the list; null for one without a name. */
  enter(name: string | null): void {
    this.#current = name;
    if (name !== null) this.#own.add(name);
  }

  isTaken(name: string): boolean {
    return this.#own.has(name);
  }

  /** Whether a step of a list around this one has the name. */
  isVisible(name: string): boolean {
    return this.#outer !== null && (this.#outer.isTaken(name) || this.#outer.isVisible(name));
  }

  /** Whether a step within the current one can read what a step of that name gave. */
  isReached(name: string): boolean {
    if (this.#own.has(name) && name !== this.#current) return true;
    return this.#outer?.isReached(name) ?? false;
  }
}
