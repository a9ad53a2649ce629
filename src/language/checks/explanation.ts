import type { Loc } from "./reading/lists.ts";

/** Names over all steps, and references, at most: a definition may have thousands of steps, each of which sees all before it. */
const MAX_NAMES = 100_000;
const MAX_REFERENCES = 10_000;

/** What the steps of a definition can read, and what they do read; for editors. */
export class Explanation {
  /** The names that can be read in a step, by its `loc` joined with dots. */
  readonly #scope = new Map<string, string[]>();
  readonly #references: { from: Loc; to: string }[] = [];
  #names = 0;

  /** Whether no more steps are added. */
  get isFull(): boolean {
    return this.#names >= MAX_NAMES;
  }

  /** @param names what can be read in the step */
  addStep(loc: Loc, names: string[]): void {
    this.#names += names.length;
    this.#scope.set(loc.join("."), names);
  }

  /** @param to the address of the step that is read, or the name of the value */
  addReference(from: Loc, to: string): void {
    if (this.#references.length < MAX_REFERENCES) this.#references.push({ from, to });
  }

  toJSON(): { scope: Record<string, string[]>; references: readonly { from: Loc; to: string }[] } {
    return { scope: Object.fromEntries(this.#scope), references: this.#references };
  }
}
