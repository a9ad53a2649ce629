import type { AttemptChoice } from "./attempts/choice.ts";
import type { ReadAttempts } from "./attempts/failed-attempts.ts";
import type { Told } from "./attempts/told.ts";
import type { ShownRun } from "./shown-run.ts";
import type { KnownStep } from "./step-rows.ts";
import type { Row } from "./use-rows.ts";

/** A row, and what it tells of its step: of one attempt where one is chosen. */
export type ToldRow = Row & { told: Told };

/** What a view that has a row for each step is given. */
export interface ShownRows extends Pick<ShownRun, "run"> {
  rows: readonly ToldRow[];
  /** What failed attempts came to, by the addresses of their steps, as far as it was read. */
  attempts: ReadonlyMap<string, ReadAttempts>;
  choice: AttemptChoice;
  /** What is in view: the attempts of these are read. */
  look(steps: readonly KnownStep[]): void;
}
