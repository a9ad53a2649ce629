/** The runs that the steps of a run have started. */
export class Children {
  /** How many, ever. */
  count = 0;
  /** The paths of the attempts that wait for one, by those of their steps. */
  readonly #awaited = new Map<string, string>();
  #left: string[] = [];

  begin(path: string, attempt: string): void {
    this.count++;
    this.#awaited.set(path, attempt);
  }

  /** A step is over, or its attempt is. `hasEnd`: it took the end of its run; else it leaves the run behind. */
  over(path: string, hasEnd: boolean): void {
    const attempt = this.#awaited.get(path);
    if (attempt === undefined) return;
    this.#awaited.delete(path);
    if (!hasEnd) this.#left.push(attempt);
  }

  /** The attempts that left their runs behind since this was last asked. */
  takeLeft(): string[] {
    return this.#left.splice(0);
  }
}
