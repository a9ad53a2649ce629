import type { Loc } from "./reading/lists.ts";

/** Names over all steps, and references, at most: a definition may have thousands of steps, each of which sees all before it. */
const MAX_NAMES = 100_000;
const MAX_REFERENCES = 10_000;
/** Characters of each: places name keys, which may be as long as the body. */
const MAX_CHARACTERS = 2 * 1024 * 1024;

/** What the steps of a definition can read, and what they do read; for editors. */
export class Explanation {
  /** The names that can be read in a step, by its `loc` joined with dots. */
  readonly #scope = new Map<string, string[]>();
  readonly #references: { from: Loc; to: string }[] = [];
  #names = 0;
  #charactersOfNames = 0;
  #charactersOfReferences = 0;

  /** Whether no more steps are added. */
  get isFull(): boolean {
    return this.#names >= MAX_NAMES || this.#charactersOfNames >= MAX_CHARACTERS;
  }

  /** @param names what can be read in the step */
  addStep(loc: Loc, names: string[]): void {
    this.#names += names.length;
    this.#charactersOfNames += charactersOf([...loc, ...names]);
    this.#scope.set(loc.join("."), names);
  }

  /** @param to the address of the step that is read, or the name of the value */
  addReference(from: Loc, to: string): void {
    if (this.#references.length >= MAX_REFERENCES || this.#charactersOfReferences >= MAX_CHARACTERS) return;
    this.#charactersOfReferences += charactersOf([...from, to]);
    this.#references.push({ from, to });
  }

  toJSON(): { scope: Record<string, string[]>; references: readonly { from: Loc; to: string }[] } {
    return { scope: Object.fromEntries(this.#scope), references: this.#references };
  }
}

function charactersOf(parts: Loc): number {
  return parts.reduce<number>((sum, part) => sum + String(part).length, 0);
}
