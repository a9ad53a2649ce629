import type { Version } from "../workflows.ts";
import type { Turn } from "./turns.ts";

/** What of a new run its workflow's options say. */
export interface MadeRun {
  /** JSON text of an array of texts; absent for none. */
  tags?: string;
  /**
   * The version whose options the run was made by; absent where none were read. A run that was made by another version than the
   * one it gets, or by none where there are options to read, is not stored.
   */
  preparedFor?: Version;
  /** It waits for its turn, and is claimed no earlier; absent for most. Only with `preparedFor`. */
  turn?: Turn;
}
